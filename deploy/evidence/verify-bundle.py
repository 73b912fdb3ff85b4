#!/usr/bin/env python3
"""Checks a bundle of `sallyport export` without Sallyport: Python's hashlib and the openssl command.

    verify-bundle.py BUNDLE POLICY

Ends with 0 and says what was found, or with 1 and the first thing that does not fit. It shares no
code with `sallyport verify`. Only policies with `quorum none`, `quorum WITNESS` or a quorum group
of witnesses are understood.
"""
import base64
import hashlib
import json
import os
import re
import struct
import subprocess
import sys
import tempfile

KEY_INFO = bytes.fromhex("302a300506032b6570032100")


def refuse(reason):
    print("REFUSED:", ascii(reason))
    sys.exit(1)


def must(holds, reason):
    if not holds:
        refuse(reason)


def sha256(data):
    return hashlib.sha256(data).digest()


def read(path):
    must(os.path.isfile(path) and not os.path.islink(path), f"{path} is not a plain file")
    with open(path, "rb") as file:
        return file.read()


def verify_ed25519(public_key, message, signature):
    with tempfile.TemporaryDirectory() as folder:
        names = [os.path.join(folder, name) for name in ("key", "message", "signature")]
        for name, data in zip(names, (KEY_INFO + public_key, message, signature)):
            with open(name, "wb") as file:
                file.write(data)
        command = ["openssl", "pkeyutl", "-verify", "-pubin", "-keyform", "DER", "-rawin"]
        command += ["-inkey", names[0], "-in", names[1], "-sigfile", names[2]]
        return subprocess.run(command, capture_output=True, check=False).returncode == 0


def parse_policy(text):
    logs, witnesses, groups, quorum = {}, {}, {}, None
    for line in text.splitlines():
        words = line.split()
        if not words or words[0].startswith("#"):
            continue
        if words[0] == "log":
            name, key_id, material = words[1].split("+", 2)
            logs[name] = (bytes.fromhex(key_id), base64.b64decode(material)[1:])
        elif words[0] == "witness":
            name, key_id, material = words[2].split("+", 2)
            witnesses[words[1]] = (name, bytes.fromhex(key_id), base64.b64decode(material)[1:])
        elif words[0] == "group":
            least = {"all": len(words) - 3, "any": 1}.get(words[2]) or int(words[2])
            groups[words[1]] = (least, words[3:])
        elif words[0] == "quorum":
            quorum = words[1]
    return logs, witnesses, groups, quorum


def read_note(note):
    text, _, lines = note.rpartition("\n\n")
    must(text and lines.endswith("\n"), "a checkpoint is no signed note")
    signatures = []
    for line in lines[:-1].split("\n"):
        found = re.fullmatch(r"\u2014 (\S+) (\S+)", line)
        must(found, "a checkpoint has a line that is no signature")
        material = base64.b64decode(found.group(2), validate=True)
        signatures.append((found.group(1), material[:4], material[4:]))
    return text + "\n", signatures


def check_checkpoint(note, policy):
    logs, witnesses, groups, quorum = policy
    text, signatures = read_note(note)
    origin, size, root = text.split("\n")[:3]
    must(origin in logs, "the checkpoint is of another log")
    key_id, key = logs[origin]
    own = [s for name, found, s in signatures if name == origin and found == key_id]
    must(own and all(verify_ed25519(key, text.encode(), s) for s in own), "the log has not signed")
    seen = set()
    for witness, (name, key_id, key) in witnesses.items():
        for found_name, found_id, signed in signatures:
            if found_name != name or found_id != key_id:
                continue
            must(len(signed) == 72, "a cosignature has the wrong length")
            message = f"cosignature/v1\ntime {struct.unpack('>Q', signed[:8])[0]}\n{text}"
            must(verify_ed25519(key, message.encode(), signed[8:]), f"{witness} has not cosigned")
            seen.add(witness)
    if quorum != "none":
        least, members = groups.get(quorum, (1, [quorum]))
        must(len(seen & set(members)) >= least, "the quorum of witnesses is not reached")
    return origin, int(size), base64.b64decode(root), sorted(seen)


def included(leaf, index, size, proof, root):
    """RFC 9162, section 2.1.3.2."""
    if index >= size:
        return False
    at, last, value = index, size - 1, leaf
    for sibling in proof:
        if last == 0:
            return False
        if at & 1 or at == last:
            value = sha256(b"\x01" + sibling + value)
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            value = sha256(b"\x01" + value + sibling)
        at, last = at >> 1, last >> 1
    return last == 0 and value == root


def tree_root(entries):
    """RFC 6962, section 2.1."""
    if not entries:
        return sha256(b"")
    if len(entries) == 1:
        return sha256(b"\x00" + entries[0])
    split = 1
    while split * 2 < len(entries):
        split *= 2
    return sha256(b"\x01" + tree_root(entries[:split]) + tree_root(entries[split:]))


def check_inventory(bundle):
    inventory = json.loads(read(os.path.join(bundle, "bundle.json")))
    found = set()
    for folder, _, names in os.walk(bundle):
        found |= {os.path.relpath(os.path.join(folder, name), bundle) for name in names}
    must(found - {"bundle.json"} == set(inventory["files"]), "the inventory names other files")
    files = {name: read(os.path.join(bundle, name)) for name in inventory["files"]}
    for name, data in files.items():
        must(sha256(data).hex() == inventory["files"][name], f"{name} was changed")
    return inventory["session"], files


def check_leaves(files, size, root):
    events = {}
    proofs = {name for name in files if name.endswith(".tlog-proof")}
    for name in [name for name in files if re.fullmatch(r"log/\d+\.json", name)]:
        proof_name = name.replace(".json", ".tlog-proof")
        must(proof_name in proofs, f"{name} has no proof")
        proofs.discard(proof_name)
        head, _, note = files[proof_name].decode().partition("\n\n")
        first, index, *hashes = head.split("\n")
        must(first == "c2sp.org/tlog-proof@v1", f"{name} has a proof of another kind")
        must(index == f"index {name[4:-5]}", f"{name} has another entry's proof")
        must(note.encode() == files["log/checkpoint"], f"{name} is proved for another checkpoint")
        path = [base64.b64decode(line, validate=True) for line in hashes]
        leaf = sha256(b"\x00" + files[name])
        must(included(leaf, int(name[4:-5]), size, path, root), f"{name} is not in the log")
        events[int(name[4:-5])] = json.loads(files[name])
    must(not proofs, "there is a proof of nothing")
    return events


def only(events, session, *kinds):
    found = [(at, e) for at, e in events.items() if e["kind"] in kinds and e["session"] == session]
    must(len(found) == 1, f"there is not exactly one entry {kinds[0]}")
    return found[0]


def check_recording(files, opened, closed):
    for name in ("manifest.json", "index", "close.json"):
        data = files.get(f"recording/{name}")
        digest = None if data is None else sha256(data).hex()
        must(digest == closed["files"].get(name), f"{name} is not the one that was closed")
    lines = [json.loads(line) for line in files["recording/index"].decode().splitlines()]
    hashes = []
    for line in lines:
        data = files.get(f"recording/segments/{line['number']}.seg")
        must(data is not None and sha256(data).hex() == line["sha256"], "a segment was changed")
        hashes.append(sha256(data))
    segments = [name for name in files if name.startswith("recording/segments/")]
    must(len(segments) == len(hashes) == closed["segments"], "there are other segments")
    must(tree_root(hashes).hex() == closed["root"], "the segments are not those that were closed")
    header = json.loads(files["recording/manifest.json"])["header"]
    must(header["session"] == opened["session"], "the manifest is of another session")


def main(bundle, policy_file):
    with open(policy_file, encoding="utf-8") as file:
        policy = parse_policy(file.read())
    session, files = check_inventory(bundle)
    must("log/checkpoint" in files, "there is no checkpoint")
    origin, size, root, seen = check_checkpoint(files["log/checkpoint"].decode(), policy)
    events = check_leaves(files, size, root)
    must(all(e["session"] == session for e in events.values()), "an entry is of another session")
    open_index, opened = only(events, session, "session.open")
    close_index, closed = only(events, session, "session.close", "session.aborted")
    must(open_index < close_index, "it ends before it begins")
    check_recording(files, opened, closed)
    print(f"PROVED: session {ascii(session)}, entries {open_index} and {close_index} of {ascii(origin)}")
    print(f"{closed['segments']} segments, {closed['records']} records, state {closed['state']}")
    print("cosigned by", ", ".join(seen) or "nobody")


if __name__ == "__main__":
    try:
        main(sys.argv[1], sys.argv[2])
    except (ValueError, KeyError, IndexError, TypeError, AttributeError, RecursionError) as error:
        refuse(f"it cannot be read: {error}")
