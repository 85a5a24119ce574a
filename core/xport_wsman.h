/* Transport over WS-Management: the pool is a shell, a pipeline a command of it. */
#ifndef CORE_XPORT_WSMAN_H
#define CORE_XPORT_WSMAN_H
#include "core/session_option.h"
#include "core/xport.h"
#include "net/http_conn.h"

struct xport_wsman_cfg {                  /* texts outlive the transport */
	struct http_conn_cfg http;        /* copied; up to three connections are made from it */
	const char *resource; /* NULL = http://schemas.microsoft.com/powershell/Microsoft.PowerShell */
	const char *shell_name;           /* NULL = Runspace1 (OMI wants a name) */
	const char *locale, *data_locale; /* of texts, of numbers and dates; NULL = en-US */
	uint32_t operation_ms;            /* OperationTimeout; 0 = 3 minutes */
	uint32_t close_ms;                /* close() waits at most this long; 0 = 5 s */
	uint32_t retry_ms;                /* while the network fails; 0 = 4 minutes, 1 = not at all */
	bool no_profile;                  /* NoMachineProfile */
	bool utf16;                       /* UseUTF16: requests are; answers may be either */
	uint32_t idle_ms;                 /* IdleTimeout; 0 = the server's, whose maximum bounds it */
	enum buffering_mode buffering;    /* OutputBufferingMode */
	uint32_t max_object;              /* MaximumReceivedObjectSize, bytes; 0 = PSRP_MSG_MAX */
	uint64_t max_data;                /* MaximumReceivedDataSizePerCommand, bytes; 0 = no limit */
	/* Gets the absolute URI that the server refers to, when it does so instead of opening; before
	 * closed(). The owner's, outlives the transport, empty at first; NULL = not wanted. */
	struct buf *redirect;
};
/* Nothing is sent before open(). Never NULL. */
struct xport *xport_wsman_new(const struct xport_wsman_cfg *cfg);
#endif
