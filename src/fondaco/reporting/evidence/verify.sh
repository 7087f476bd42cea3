#!/bin/sh
# Verifies this evidence bundle with openssl, sqlite3, xmlsec1 and hledger, and with nothing of the hub that made it.
#   sh verify.sh [KEY.pem]     KEY.pem is the hub's public key as you have it from elsewhere; without it the one in the bundle is believed.
# Ends with 0 where everything holds, 1 where something does not, 2 where it could not be looked at.
set -eu
cd "$(dirname "$0")"
for program in openssl sqlite3 xmlsec1 hledger sha256sum; do
    command -v "$program" >/dev/null || { echo "verify: $program is not installed (Debian: apt-get install openssl sqlite3 xmlsec1 hledger)" >&2; exit 2; }
done
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
bad=0
fault() { echo "FAULT  $1"; bad=1; }
holds() { echo "holds  $1"; }
ask() { sqlite3 -readonly evidence.sqlite "$1"; }

key=${1:-hub.pem}
[ $# -gt 0 ] || echo "note   believing the key in this bundle: $(openssl pkey -pubin -in hub.pem -outform DER | openssl dgst -sha256 -r | cut -c1-64)"
for signed in MANIFEST.sha256 head.json; do
    if openssl dgst -sha256 -verify "$key" -signature "$signed.sig" "$signed" >/dev/null 2>&1; then holds "signature of $signed"; else fault "signature of $signed"; fi
done

if sha256sum --check --strict --quiet MANIFEST.sha256 >"$scratch/sums" 2>&1; then holds "every file is the one that was signed"; else fault "files changed:"; cat "$scratch/sums"; fi
find . -type f ! -name MANIFEST.sha256 ! -name MANIFEST.sha256.sig | sed 's|^\./||' | LC_ALL=C sort >"$scratch/there"
sed 's/^[0-9a-f]*  //' MANIFEST.sha256 | LC_ALL=C sort >"$scratch/named"
if cmp -s "$scratch/there" "$scratch/named"; then holds "no file is missing or was added"; else fault "files missing or added:"; diff "$scratch/named" "$scratch/there" || true; fi

if [ "$(ask 'PRAGMA integrity_check')" = ok ]; then holds "evidence.sqlite is whole"; else fault "evidence.sqlite is damaged"; fi
for view in $(ask "SELECT name FROM sqlite_master WHERE type = 'view' AND name LIKE 'fault%' ORDER BY name"); do
    found=$(ask "SELECT * FROM $view LIMIT 5")
    if [ -z "$found" ]; then holds "$view: none"; else fault "$view:"; echo "$found"; fi
done

# Hash again what was hashed: each link of the chain, and its commitments to what came in and went out.
for what in link inputs mail; do
    mkdir "$scratch/$what"
    ask "SELECT 'SELECT writefile(''$scratch/$what/' || number || ''', x''' || hexed || ''');' FROM material_$what" | sqlite3 :memory: >/dev/null
    (cd "$scratch/$what" && find . -type f -exec openssl dgst -sha256 -r {} +) | sed 's|^\([0-9a-f]*\) \*\./|\1 |' | LC_ALL=C sort >"$scratch/$what.found"
    ask "SELECT lower(hex(claimed)) || ' ' || number FROM material_$what" | LC_ALL=C sort >"$scratch/$what.claimed"
    if cmp -s "$scratch/$what.found" "$scratch/$what.claimed"; then holds "$(wc -l <"$scratch/$what.found" | tr -d ' ') hashes of $what"; else
        fault "hashes of $what:"; diff "$scratch/$what.claimed" "$scratch/$what.found" || true; fi
done

# From the first and the last link of the day up to the root that the head names.
digest() { sqlite3 :memory: "SELECT writefile('$scratch/node', x'$1')" >/dev/null; openssl dgst -sha256 -r "$scratch/node" | cut -c1-64; }
root=$(sed 's/.*"root":"\([0-9a-f]*\)".*/\1/' head.json)
[ "$root" = "$(ask 'SELECT lower(hex(root)) FROM head')" ] || fault "head.json names another root than evidence.sqlite"
for number in $(ask "SELECT min(number) FROM link UNION SELECT max(number) FROM link"); do
    node=$(digest "00$(ask "SELECT hex(hash) FROM link WHERE number = $number")")
    for step in $(ask "SELECT side || lower(hex(hash)) FROM path WHERE link = $number ORDER BY level"); do
        case $step in L*) node=$(digest "01${step#L}$node") ;; *) node=$(digest "01$node${step#R}") ;; esac
    done
    if [ "$node" = "$root" ]; then holds "link $number stands in the log whose head is signed"; else fault "link $number does not stand in the log"; fi
done

# The tables follow from the rows.
for file in tables/*.csv; do
    name=$(basename "$file" .csv)
    case $name in lineage) view=lineage ;; *) view=table_$name ;; esac
    sqlite3 -readonly -csv -header evidence.sqlite "SELECT * FROM $view" | tr -d '\r"' >"$scratch/table"
    if cmp -s "$scratch/table" "$file"; then holds "table $name"; else fault "table $name is not what follows from the entries"; fi
done

if hledger check --strict -f books.journal >"$scratch/books" 2>&1; then holds "books: every transaction balances, every balance is the one asserted"; else fault "books:"; head -5 "$scratch/books"; fi

for file in statements/*.xml; do
    [ -e "$file" ] || continue
    if xmlsec1 --verify --pubkey-pem "$key" "$file" >"$scratch/xml" 2>&1; then holds "signature of $file"; else fault "signature of $file"; fi
done

# Messages and deeds as members signed them: whose a certificate is, its member says, or the register of the hub.
for certificate in originals/*/certificate.pem; do
    [ -e "$certificate" ] || continue
    own=$(dirname "$certificate"); count=0
    [ "$(basename "$own")" = "$(openssl x509 -in "$certificate" -outform DER | openssl dgst -sha256 -binary | base64 | tr '+/' '-_' | tr -d '=')" ] || fault "$certificate is another certificate than its folder names"
    openssl x509 -in "$certificate" -noout -pubkey >"$scratch/signer.pem"
    for file in "$own"/*.xml; do
        [ -e "$file" ] || continue
        if xmlsec1 --verify --enabled-key-data key-name --pubkey-pem "$scratch/signer.pem" "$file" >"$scratch/xml" 2>&1; then count=$((count + 1)); else fault "signature of $file"; fi
    done
    for file in "$own"/*.base; do
        [ -e "$file" ] || continue
        plain=${file%.base}
        case $(openssl pkey -pubin -in "$scratch/signer.pem" -noout -text | head -1) in
            ED25519*) openssl pkeyutl -verify -pubin -inkey "$scratch/signer.pem" -rawin -in "$file" -sigfile "$plain.sig" >/dev/null 2>&1 && good=1 || good=0 ;;
            *) openssl dgst -sha256 -verify "$scratch/signer.pem" -signature "$plain.sig" "$file" >/dev/null 2>&1 && good=1 || good=0 ;;
        esac
        # What was signed says the digest of the body (RFC 9421), or ends with the body itself (JWS).
        case $plain in
            *.rfc9421) body=${plain%.rfc9421}.body
                said=$(sed -n 's/^"content-digest":.*sha-\(256\|512\)=:\([^:]*\):.*/\1 \2/p' "$file" | head -1)
                [ "${said#* }" = "$(openssl dgst "-sha${said%% *}" -binary "$body" | base64 | tr -d '\n')" ] || good=0 ;;
            *) body=${plain%.jws}.body
                tail -c "$(wc -c <"$body")" "$file" | cmp -s - "$body" || good=0 ;;
        esac
        if [ "$good" = 1 ]; then count=$((count + 1)); else fault "signature of $file"; fi
    done
    holds "$count originals signed under $(basename "$own")"
done

[ "$bad" = 0 ] && echo "verify: everything holds" || echo "verify: something does not hold"
exit "$bad"
