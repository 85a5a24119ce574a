# The far side of a download (core/copy_msg.h): files become output items. Windows PowerShell 5.1 and
# later. With -Resume, each file's "f" is answered on the input.
param([string[]]$Path, [string]$Options)
$Literal, $Recurse, $Force, $Resume, $Total = foreach ($i in 'literal', 'recurse', 'force', 'resume', 'total') { $Options.Contains($i) }
Set-StrictMode -Off
$ErrorActionPreference = 'Stop'
# What a constrained endpoint refuses is refused at once.
[void][IO.Path]::GetTempPath()
$in = $input
$b = [byte[]]::new(262144)
function Get-Reason($e) {
	$e = $e.Exception
	while ($e.InnerException) { $e = $e.InnerException }
	$e.Message
}
function Get-Hex($h) {
	[void]$h.TransformFinalBlock($b, 0, 0)
	[BitConverter]::ToString($h.Hash).Replace('-', '')
}
function Send-File($i, $n) {
	$f = [IO.File]::Open($i.FullName, 'Open', 'Read', 'ReadWrite, Delete')
	try {
		"f $($f.Length) $($i.LastWriteTimeUtc.Ticks) $([int]$i.IsReadOnly) $n"
		$h = [Security.Cryptography.SHA256]::Create()
		if ($Resume) {
			if (!$in.MoveNext()) { return }
			$w = ([string]$in.Current).Split(' ')
			$left = [long]$w[0]
			if ($left -lt 0) { return }
			$g = [Security.Cryptography.SHA256]::Create()
			while ($left -gt 0 -and ($k = $f.Read($b, 0, [Math]::Min($left, $b.Length))) -gt 0) {
				$left -= $k
				[void]$h.TransformBlock($b, 0, $k, $null, 0)
				[void]$g.TransformBlock($b, 0, $k, $null, 0)
			}
			if ($left -or (Get-Hex $g) -ne $w[1]) {
				$f.Position = 0
				$h = [Security.Cryptography.SHA256]::Create()
			}
			"o $($f.Position)"
		}
		while (($k = $f.Read($b, 0, $b.Length)) -gt 0) {
			[void]$h.TransformBlock($b, 0, $k, $null, 0)
			$m = [IO.MemoryStream]::new()
			$z = [IO.Compression.DeflateStream]::new($m, [IO.Compression.CompressionLevel]::Fastest, $true)
			$z.Write($b, 0, $k)
			$z.Dispose()
			, $m.ToArray()
		}
		"e $(Get-Hex $h)"
	} finally {
		$f.Dispose()
	}
}
function Get-Named($p) {
	if ($Literal) { Get-Item -LiteralPath $p -Force } else { Get-Item -Path $p -Force:$Force }
}
function Test-Odd($i) {
	$i.UnixStat -and "$($i.UnixStat.ItemType)" -notmatch '^(File|Directory|SymbolicLink)$'
}
function Send-Item($i, $n) {
	try {
		if ($i -isnot [IO.DirectoryInfo]) {
			Send-File $i $n
			return
		}
		"d 0 0 0 $n"
		if ($Recurse) {
			foreach ($k in Get-ChildItem -LiteralPath $i.FullName -Force) {
				if (([int]$k.Attributes -band 1024) -and $k.LinkType) { "w '$($k.FullName)' is a link: left out." }
				elseif (Test-Odd $k) { "w '$($k.FullName)' is no ordinary file: left out." }
				else { Send-Item $k "$n/$($k.Name)" }
			}
		}
		"d 0 $($i.LastWriteTimeUtc.Ticks) 0 $n"
	} catch {
		"x $(Get-Reason $_)"
	}
}
if ($Total) {
	$t = & {
		$ErrorActionPreference = 'SilentlyContinue'
		foreach ($p in $Path) {
			foreach ($i in Get-Named $p) {
				if ($i -isnot [IO.DirectoryInfo]) { $i }
				elseif ($Recurse) { Get-ChildItem -LiteralPath $i.FullName -Recurse -File -Force }
			}
		}
	} | Measure-Object Length -Sum -ErrorAction Ignore
	"t $([long]$t.Sum)"
}
foreach ($p in $Path) {
	try {
		$found = @(Get-Named $p)
		if (!$found) { throw "Cannot find anything that fits '$p'." }
		foreach ($i in $found) {
			if ($i -isnot [IO.FileSystemInfo]) { throw "'$p' is not in a file system." }
			$n = $i.Name.Trim('\/:')
			if (!$n) { $n = 'root' }
			# Only the links are followed that the user has named.
			if ($i.UnixStat -and $i.ResolvedTarget) { $i = Get-Item -LiteralPath $i.ResolvedTarget -Force }
			if (Test-Odd $i) { throw "'$p' is no ordinary file: it cannot be copied." }
			Send-Item $i $n
		}
	} catch {
		"x $(Get-Reason $_)"
	}
}
