#!/bin/sh
# Copies the database and the key ring to two places, and lets old copies go: before 35 days, and 7 days, are over.
# Usage: backup.sh FOLDER_FOR_THE_DATABASE FOLDER_FOR_THE_KEY_RING
set -eu
main=${1:?name the folder for copies of the database}
ring=${2:?name the folder for copies of the key ring: another machine, if there is one}
now=$(date -u +%Y%m%dT%H%M%SZ)
status=0
# Old copies go first and whatever else fails: a promise was made about them, and a full disk needs the room. The timer
# starts some minutes sooner or later each night: an hour less than 6 and 34 days, so that none of them stays a night longer.
find "$ring" -maxdepth 1 -name 'keyring-*.copy' -mmin +$((6 * 1440 - 60)) -delete || status=$?
find "$main" -maxdepth 1 -name 'porchlight-*.copy' -mmin +$((34 * 1440 - 60)) -delete || status=$?
flask --app wsgi backup "$main/porchlight-$now.copy" --keyring "$ring/keyring-$now.copy" || status=$?
exit "$status"
