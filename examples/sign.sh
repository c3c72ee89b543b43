#!/bin/sh
# From nothing to an agreement that three roles have signed with SSH keys, in a folder of its own: nine commands of
# slacli, and a tenth that verifies it. Each person would run theirs on their own machine, with a key of their own.
set -e
FOLDER="${1:-$(mktemp -d)}"
mkdir -p "$FOLDER/keys"
cd "$FOLDER"
git init --quiet --initial-branch=main .
for person in dana lee kim; do
    ssh-keygen -q -t ed25519 -N '' -C '' -f "keys/$person"
done

slacli init --title 'Acme sales and marketing agreement' --yes
slacli signers enrol dana --key keys/dana
slacli signers enrol lee --key keys/lee
slacli signers enrol kim --key keys/kim
slacli signers propose --role sales=dana --role marketing=lee --role ceo=kim
slacli propose
slacli sign --as sales --key keys/dana --yes
slacli sign --as marketing --key keys/lee --yes
slacli sign --as ceo --key keys/kim --yes

# The digest of the roster is what everybody else must know from elsewhere; here it is taken from the folder itself.
ROOT="$(slacli status | sed -n 's/^  trust root //p')"
slacli verify --trust-root "$ROOT"
