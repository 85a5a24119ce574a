"""docs/screens: what a reader can compare with PowerShell still comes out alike."""
import screens
from lib import Case, load_tests, only_plain                                     # noqa: F401
from tmux_lib import needs_tmux


@only_plain
@needs_tmux
class Screens(Case):
    maxDiff = None

    def test_each_is_as_it_was(self):
        for name, shot in screens.SHOTS.items():
            with self.subTest(name):
                with open(screens.path(name), encoding="utf-8") as f:
                    self.assertEqual(screens.take(shot), f.read())
