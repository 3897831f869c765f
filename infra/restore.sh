#!/usr/bin/env bash
# Put a backup back. Stop Plumbline first; start it again afterwards. `--over` replaces what the database holds.
#
#     infra/restore.sh /var/backups/plumbline/plumbline-2026-01-02T03-17-00.tar.gz [--over]
set -euo pipefail
umask 077
: "${1:?usage: restore.sh FILE [--over]}"
plumbline restore "$@"
plumbline doctor || true
