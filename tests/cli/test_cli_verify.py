"""`netaudit verify`: 0 where everything holds, 1 where something differs, 2 for wrong usage, 3 where it cannot tell."""

import shutil
import subprocess
from pathlib import Path

import pytest
from programs import ONE_PORT, run_inside

OTHER = "0" * 64


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    copy = tmp_path / "recording"
    shutil.copytree(ONE_PORT / "01", copy)
    return copy


@pytest.fixture
def key(tmp_path: Path) -> Path:
    """Give a reviewer's key; beside it are `signers`, who may sign."""
    path = tmp_path / "id_ed25519"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", path], check=True)
    public = " ".join((tmp_path / "id_ed25519.pub").read_text().split()[:2])
    (tmp_path / "signers").write_text(f'reviewer@example.org namespaces="netaudit" {public}\n')
    return path


def _digest(recording: Path) -> str:
    (line,) = [line for line in run_inside("verify", recording).stdout.splitlines() if line.startswith("digest ")]
    return line.split()[1]


def _sign(recording: Path, key: Path, namespace: str = "netaudit") -> Path:
    """Sign as docs/recording.md says."""
    manifest = run_inside("verify", "--print-manifest", recording).stdout
    command = ["ssh-keygen", "-Y", "sign", "-f", str(key), "-n", namespace]
    signature = subprocess.run(command, input=manifest.encode(), capture_output=True, check=True).stdout
    place = key.with_name("recording.sig")
    place.write_bytes(signature)
    return place


def test_verify_names_what_was_changed(recording: Path) -> None:
    done = run_inside("verify", recording)
    assert (done.returncode, done.stderr) == (0, "")
    files = len(list(recording.iterdir())) - 1
    intact, digest, unknown = done.stdout.splitlines()
    assert unknown.startswith("who wrote the index is not known: --expect DIGEST or --signature")
    assert intact == f"{files} files match the index, 0 do not"
    (recording / "iptables-save.txt").write_bytes((recording / "iptables-save.txt").read_bytes()[:900])
    assert f"{files - 1} files match the index, 1 does not\n" in run_inside("verify", recording).stdout
    (recording / "sysctl.txt").unlink()
    (recording / "notes.txt").write_text("mine")
    done = run_inside("verify", recording)
    assert (done.returncode, done.stderr) == (1, "")
    assert done.stdout.splitlines()[:-2] == [
        "changed  iptables-save.txt",
        "added    notes.txt",
        "gone     sysctl.txt",
        f"{files - 2} files match the index, 3 do not",
    ]
    assert digest not in done.stdout


def test_a_digest_that_was_kept_tells_what_the_recording_itself_does_not(recording: Path) -> None:
    digest = _digest(recording)
    done = run_inside("verify", recording, "--expect", digest.upper())
    assert (done.returncode, done.stdout.splitlines()[-1]) == (0, "as expected")
    index = recording / "recording.json"
    index.write_text(index.read_text().replace('"lab"', '"other"'))
    assert run_inside("verify", recording).returncode == 0
    done = run_inside("verify", recording, "--expect", digest)
    assert (done.returncode, done.stdout.splitlines()[-1]) == (1, f"differs: {digest} was expected")


def test_a_signature_of_the_manifest_holds_and_of_any_other_does_not(recording: Path, key: Path) -> None:
    signature = _sign(recording, key)
    arguments = ("--signature", signature, "--signers", key.with_name("signers"))
    done = run_inside("verify", recording, *arguments)
    assert (done.returncode, done.stdout.splitlines()[-1]) == (0, "signed by reviewer@example.org")
    (recording / "stranger").touch()
    assert "not signed: " in run_inside("verify", recording, *arguments).stdout
    (recording / "stranger").unlink()
    index = recording / "recording.json"
    index.write_text(index.read_text().replace('"lab"', '"other"'))
    done = run_inside("verify", recording, *arguments)
    assert (done.returncode, done.stdout.splitlines()[-1].split(":")[0]) == (1, "not signed")


def test_a_signature_by_another_or_for_something_else_does_not_hold(recording: Path, key: Path) -> None:
    signers = key.with_name("signers")
    signature = _sign(recording, key, namespace="file")
    assert run_inside("verify", recording, "--signature", signature, "--signers", signers).returncode == 1
    signature = _sign(recording, key)
    signers.write_text(signers.read_text().replace("AAAA", "AAAB"))
    assert run_inside("verify", recording, "--signature", signature, "--signers", signers).returncode == 1
    signature.write_text("no signature")
    assert run_inside("verify", recording, "--signature", signature, "--signers", signers).returncode == 1


def test_the_manifest_is_printed_alone_and_its_sum_is_the_digest(recording: Path, tmp_path: Path) -> None:
    done = run_inside("verify", recording, "--print-manifest")
    (tmp_path / "manifest").write_text(done.stdout)
    total = subprocess.run(["sha256sum", tmp_path / "manifest"], capture_output=True, text=True, check=True).stdout
    assert total.split()[0] == _digest(recording)
    assert f"netaudit: digest {_digest(recording)}\n" in done.stderr


def test_the_manifest_of_what_differs_is_not_passed_on_silently(recording: Path) -> None:
    (recording / "stranger").touch()
    assert run_inside("verify", recording, "--print-manifest").returncode == 1


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("--expect", "12"), 2),
        (("--expect", OTHER + "0"), 2),
        (("--expect", "\u0660" * 64), 2),
        (("--signature", "x"), 2),
        (("--signers", "x"), 2),
        (("--signature", "/nowhere", "--signers", "/nowhere"), 3),
        (("--signature", "/dev/zero", "--signers", "/dev/zero"), 3),
        (("--expect", OTHER), 1),
    ],
    ids=str,
)
def test_the_code_tells_usage_from_failure_from_difference(
    recording: Path, arguments: tuple[str, ...], code: int
) -> None:
    done = run_inside("verify", recording, *arguments)
    assert (done.returncode, done.stderr.count("\n")) == (code, 1 if code > 1 else 0)


def test_what_cannot_be_read_is_3(recording: Path) -> None:
    (recording / "recording.json").write_text("{")
    assert run_inside("verify", recording).returncode == 3
    assert run_inside("verify", recording / "nowhere").returncode == 3
