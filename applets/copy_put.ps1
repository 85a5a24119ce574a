# The far side of an upload (core/copy_msg.h): input items become files. Windows PowerShell 5.1 and
# later. A copy may take several pipelines, as a server limits what one may be sent: what "h" hands
# on to the next one lies in a global variable meanwhile.
param([string]$Destination, [string]$Options)
$Many, $Force, $Resume = foreach ($i in 'many', 'force', 'resume') { $Options.Contains($i) }
Set-StrictMode -Off
$ErrorActionPreference = 'Stop'
$s = $global:__pssession_copy
Remove-Variable -Scope Global -Name __pssession_copy -ErrorAction Ignore
$windows = [IO.Path]::DirectorySeparatorChar -eq '\'
$bad = [IO.Path]::GetInvalidFileNameChars()
$reserved = '^(con|prn|aux|nul|com\d|lpt\d)(\.|$)|[. ]$'
$b = [byte[]]::new(262144)
if (!$s) {
	$p = [Management.Automation.ProviderInfo]$null
	$d = [Management.Automation.PSDriveInfo]$null
	$root = $ExecutionContext.SessionState.Path.GetUnresolvedProviderPathFromPSPath($Destination, [ref]$p, [ref]$d)
	# A folder that is new is marked until all of it is there, so that -Resume goes on in it.
	$mark = [IO.Path]::Combine($root, '.pssession-part')
	$s = @{ root = $root; n = 0; f = $null; mark = $mark }
	$s.folder = [IO.Directory]::Exists($root) -and !($Resume -and !$Many -and [IO.File]::Exists($mark))
	if ($p.Name -ne 'FileSystem') { throw "'$Destination' is no folder of a file system." }
	if ($Many -and !$s.folder) { throw "Cannot find the folder '$root', which several items are to be copied into." }
}
function Test-Link($q) {
	([IO.File]::Exists($q) -or [IO.Directory]::Exists($q)) -and ([int][IO.File]::GetAttributes($q) -band 1024)
}
# Where an item goes. No name leads out of the root, nor any link below it.
function Get-Place($n) {
	$c = $n.Split('/')
	foreach ($i in $c) {
		if ($i -eq '' -or $i -eq '.' -or $i -eq '..' -or $i.IndexOfAny($bad) -ge 0 -or ($windows -and $i -match $reserved)) {
			throw "'$n' cannot be the name of a file on this computer."
		}
	}
	$q = $s.root
	for ($k = [int]!$s.folder; $k -lt $c.Length; $k++) {
		if ($q -ne $s.root -and (Test-Link $q) -and (Get-Item -LiteralPath $q -Force).LinkType) {
			throw "'$q' is a link, which is not followed."
		}
		$q = [IO.Path]::Combine($q, $c[$k])
	}
	$q
}
function Get-Hex($h) {
	[void]$h.TransformFinalBlock($b, 0, 0)
	[BitConverter]::ToString($h.Hash).Replace('-', '')
}
function Close-Part($keep) {
	if ($s.f) {
		try { $s.f.Dispose() } catch { }
		$s.f = $null
		if (!$keep) { [IO.File]::Delete($s.part) }
	}
}
$hand = $false
try {
	foreach ($x in $input) {
		try {
			if ($x -is [byte[]]) {
				if ($s.f) {
					$z = [IO.Compression.DeflateStream]::new([IO.MemoryStream]::new([byte[]]$x), [IO.Compression.CompressionMode]::Decompress)
					while (($k = $z.Read($b, 0, $b.Length)) -gt 0) {
						$s.f.Write($b, 0, $k)
						[void]$s.h.TransformBlock($b, 0, $k, $null, 0)
					}
				}
				continue
			}
			$w = $x.Split(' ', 5)
			$o = $w[0]
			if ($o -eq 'd') {
				$s.n++
				$q = Get-Place $w[4]
				if ((Test-Link $q) -and (Get-Item -LiteralPath $q -Force).LinkType -and $q -ne $s.root) { throw "'$q' is a link, which is not followed." }
				$top = !$s.folder -and $q -eq $s.root
				$new = $top -and ![IO.Directory]::Exists($q)
				[void][IO.Directory]::CreateDirectory($q)
				if ($new) { [IO.File]::Open($s.mark, 'CreateNew').Dispose() }
				if ($w[2] -ne '0') {
					if ($top) { [IO.File]::Delete($s.mark) }
					[IO.Directory]::SetLastWriteTimeUtc($q, [DateTime]::new([long]$w[2], 'Utc'))
				}
				"y $($s.n) $(if ($w[2] -eq '0') { $q })"
			} elseif ($o -eq 'f') {
				$s.n++
				$s.w = $w
				$s.q = $q = Get-Place $w[4]
				$s.part = $q + '.pssession-part'
				$s.good = $true
				if ([IO.Directory]::Exists($q)) { throw "Cannot copy over the folder '$q'." }
				$i = [IO.FileInfo]::new($q)
				if ($i.Exists -and $i.IsReadOnly -and !$Force) { throw "'$q' is read-only: -Force copies over it." }
				if ($Resume -and $i.Exists -and "$($i.Length) $($i.LastWriteTimeUtc.Ticks)" -eq "$($w[1]) $($w[2])") {
					"y $($s.n) $q"
					continue
				}
				$old = $Resume -and [IO.File]::Exists($s.part) -and !(Test-Link $s.part)
				if (!$old) { [IO.File]::Delete($s.part) }
				$s.f = [IO.File]::Open($s.part, 'OpenOrCreate', 'ReadWrite', 'Read')
				$s.h = [Security.Cryptography.SHA256]::Create()
				if ($Resume) {
					$g = [Security.Cryptography.SHA256]::Create()
					while (($k = $s.f.Read($b, 0, $b.Length)) -gt 0) {
						[void]$s.h.TransformBlock($b, 0, $k, $null, 0)
						[void]$g.TransformBlock($b, 0, $k, $null, 0)
					}
					"r $($s.n) $($s.f.Length) $(Get-Hex $g)"
				}
			} elseif ($s.f -and $o -eq 'o') {
				if ($w[1] -eq '0') {
					$s.f.SetLength(0)
					$s.h = [Security.Cryptography.SHA256]::Create()
				}
			} elseif ($s.f -and $o -eq 'e') {
				if ((Get-Hex $s.h) -ne $w[1]) { $s.good = $false; throw "'$($s.q)' arrived damaged: its SHA-256 differs." }
				$s.f.Dispose()
				$s.f = $null
				[IO.File]::SetLastWriteTimeUtc($s.part, [DateTime]::new([long]$s.w[2], 'Utc'))
				if (Test-Link $s.q) { [IO.File]::Delete($s.q) }
				if ([IO.File]::Exists($s.q)) {
					[IO.File]::SetAttributes($s.q, 'Normal')
					[IO.File]::Replace($s.part, $s.q, [NullString]::Value)
				} else {
					[IO.File]::Move($s.part, $s.q)
				}
				if ($s.w[3] -eq '1') { [IO.File]::SetAttributes($s.q, [IO.File]::GetAttributes($s.q) -bor 1) }
				"y $($s.n) $($s.q)"
			} elseif ($o -eq 'x') {
				Close-Part $false
				"n $($s.n) "
			} elseif ($o -eq 'h') {
				$hand = $true
			}
		} catch {
			$e = $_.Exception
			while ($e.InnerException) { $e = $e.InnerException }
			Close-Part ($Resume -and $s.good)
			"n $($s.n) $($e.Message)"
		} finally {
			if ($x -is [byte[]]) { 'k' }
		}
	}
} finally {
	# A pipeline that is stopped may call no function any more.
	if ($hand) { $global:__pssession_copy = $s }
	elseif ($s.f) {
		try { $s.f.Dispose() } catch { }
		if (!$Resume -or !$s.good) { [IO.File]::Delete($s.part) }
	}
}
