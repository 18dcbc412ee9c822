import subprocess
import sys
from pathlib import Path

import pytest

from engine.domain.errors import InputError
from engine.store.lock import lock_alone


def test_a_second_process_is_turned_away_until_the_first_has_gone(tmp_path: Path) -> None:
    child = (
        "import sys; from pathlib import Path; from engine.store.lock import lock_alone\n"
        "lock_alone(Path(sys.argv[1])); print('held', flush=True); sys.stdin.read()"
    )
    lock = tmp_path / "tracedesk.lock"
    with subprocess.Popen(
        [sys.executable, "-c", child, str(lock)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == b"held\n"
        with pytest.raises(InputError, match="another engine is using this state folder"):
            lock_alone(lock)
        other.communicate(b"")
    assert lock_alone(lock) > 0
