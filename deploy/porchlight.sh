#!/bin/sh
# Runs a command as the user porchlight, with the settings of the units; for root: porchlight doctor
# On several machines root reads the keys and addresses for it: the user may not.
set -eu
folder=/etc/porchlight
set -a
. "$folder/settings"
[ ! -r "$folder/secret-key" ] || SCHEDULER_SECRET_KEY=$(cat "$folder/secret-key")
[ ! -r "$folder/master-key" ] || SCHEDULER_MASTER_KEY=$(cat "$folder/master-key")
[ ! -r "$folder/database-url" ] || SCHEDULER_DATABASE_URL=$(cat "$folder/database-url")
[ ! -r "$folder/keyring-url" ] || SCHEDULER_KEYRING_URL=$(cat "$folder/keyring-url")
set +a
umask 077
cd /opt/porchlight
exec runuser -u porchlight -- .venv/bin/flask --app wsgi "$@"
