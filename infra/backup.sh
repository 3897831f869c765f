#!/usr/bin/env bash
# Back up into a folder and keep the newest KEEP (14) there. For cron, from the folder that holds `.env`:
#
#     17 3 * * *  cd /srv/plumbline && infra/backup.sh /var/backups/plumbline
#
# Under Docker Compose `plumbline` runs in the container: see infra/RUNBOOK.md.
set -euo pipefail
umask 077
folder=${1:?usage: backup.sh FOLDER}
keep=${KEEP:-14}
mkdir -p "$folder"
plumbline backup "$folder/plumbline-$(date -u +%Y-%m-%dT%H-%M-%S).tar.gz"
find "$folder" -maxdepth 1 -name 'plumbline-*.tar.gz' | sort | head -n "-$keep" | xargs -r rm -f --
