/* Unix stream sockets as streams. */
#ifndef NET_LOCAL_IO_H
#define NET_LOCAL_IO_H
#include "net/loop_io.h"
#include "net/stream.h"

/* Takes a connected descriptor. The stream is open at once; set its ready and ctx before the next
 * turn of the loop. A failure has the code E_NET. */
struct stream *local_stream(struct loop *l, int fd);
/* Who is at the other end; false when that cannot be known. *pid is 0 where it cannot be seen from
 * here (another pid namespace). For a socket that was connected: who listens. */
bool local_peer(int fd, uid_t *uid, int32_t *pid);
#endif
