"""What stands in `infra/` agrees with the product: the manifest, the proxy, the runbook, the scripts."""

import json
import re
import subprocess
from pathlib import Path

import pytest

from app.domain.registration import WEBHOOK_PATH, manifest

ROOT = Path(__file__).parents[2]
INFRA = ROOT / "infra"
SOURCE = "\n".join(path.read_text() for room in ("app", "worker") for path in (ROOT / room).rglob("*.py"))
RUNBOOK = (INFRA / "RUNBOOK.md").read_text()


def test_the_manifest_is_what_the_setup_page_sends() -> None:
    host = "https://plumbline.example.com"
    sent = manifest(name="Plumbline", product_url=host, webhook_url=host + WEBHOOK_PATH)
    assert json.loads((INFRA / "app-manifest.json").read_text()) == sent


def test_the_proxy_lets_the_webhook_in_and_nothing_else() -> None:
    lines = [line.split("#")[0].strip() for line in (INFRA / "Caddyfile").read_text().splitlines()]
    assert [line for line in lines if line.startswith("path ")] == [f"path {WEBHOOK_PATH}"]
    assert [line for line in lines if line.startswith("handle")] == ["handle @webhook {", "handle {"]
    assert lines[lines.index("handle {") + 1] == "respond 404"
    assert lines.count("}") == sum(line.endswith("{") for line in lines)
    assert "max_size 25MiB" in lines


def test_every_alarm_exists_and_every_metric_has_one() -> None:
    named = set(re.findall(r"\b(plumbline_[a-z_]+)", RUNBOOK))
    exposed = set(re.findall(r'(?:Gauge|Counter|Histogram)\(\s*"(plumbline_[a-z_]+)"', SOURCE))
    assert {name.removesuffix("_total") for name in named} == exposed


def test_every_log_event_of_the_runbook_is_one() -> None:
    table = RUNBOOK.partition("## Log events")[2].partition("\n## ")[0]
    events = {name for row in re.findall(r"^\| (`.+?) \|", table, re.MULTILINE) for name in re.findall(r"`(\w+)`", row)}
    assert len(events) > 15
    assert [event for event in sorted(events) if f'"{event}"' not in SOURCE] == []


@pytest.mark.parametrize("name", ["backup.sh", "restore.sh"])
def test_the_scripts_can_be_run(name: str) -> None:
    script = INFRA / name
    assert script.stat().st_mode & 0o111
    subprocess.run(["bash", "-n", str(script)], check=True)
    used = subprocess.run([str(script)], capture_output=True, text=True, check=False)
    assert used.returncode != 0
    assert "usage:" in used.stderr
