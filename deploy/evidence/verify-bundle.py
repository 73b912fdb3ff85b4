#!/usr/bin/env python3
"""Checks a bundle of `sallyport export` without Sallyport: Python's hashlib and the openssl command.

    verify-bundle.py BUNDLE POLICY

BUNDLE is a zip file or a folder. Ends with 0 and says what was found, or with 1 and the first thing
that does not fit. It shares no code with `sallyport verify`. It does not look at `log/earlier`, nor at
what the log said of a recording while it grew; verify-bundle.go does. Only policies with `quorum none`, `quorum WITNESS` or a quorum group
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
import zipfile

FILE_BYTES_MAX = 256 * 1024 * 1024
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


def open_bundle(place):
    """Names of the files, and a function that reads one."""
    if os.path.isdir(place):
        found = set()
        for folder, _, names in os.walk(place):
            found |= {os.path.relpath(os.path.join(folder, name), place) for name in names}
        return found, lambda name: read(os.path.join(place, name))
    archive = zipfile.ZipFile(place)
    names = [info.filename for info in archive.infolist() if not info.is_dir()]
    must(len(names) == len(set(names)), "a name is there twice")
    return set(names), lambda name: read_packed(archive, name)


def read_packed(archive, name):
    must(archive.getinfo(name).file_size <= FILE_BYTES_MAX, f"{name} is too large")
    return archive.read(name)


def check_inventory(bundle):
    found, take = open_bundle(bundle)
    text = take("bundle.json").decode()
    inventory = json.loads(text)
    again = json.dumps(inventory, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    must(again == text and inventory["format"] == 2, "bundle.json is no inventory of format 2")
    known = {"files", "format", "scope", "sessions"}
    must(set(inventory) | {"scope"} == known, "bundle.json says more than an inventory")
    must(set(inventory.get("scope", {})) <= {"asset", "person"}, "the scope is a strange one")
    must(found - {"bundle.json"} == set(inventory["files"]), "the inventory names other files")
    files = {name: take(name) for name in inventory["files"]}
    for name, data in files.items():
        must(sha256(data).hex() == inventory["files"][name], f"{name} was changed")
    return inventory, files


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


def check_range(files, size, root, events):
    """All entries from the first to the last; adds them to `events`."""
    head, *lines = files["log/range"].decode().split("\n")[:-1]
    first, end = (int(word) for word in head.split(" ")[1:])
    must(head == f"range {first} {end}" and 0 <= first < end <= size, "log/range cannot be read")
    hashes, at = [], first
    entries = {name for name in files if name.startswith("log/entries/")}
    while at < end:
        entries.discard(f"log/entries/{at}.ndjson")
        data = files[f"log/entries/{at}.ndjson"]
        must(data.endswith(b"\n"), "a file of entries is cut short")
        for line in data[:-1].split(b"\n"):
            must(at not in events, f"entry {at} is there twice")
            hashes.append(sha256(b"\x00" + line))
            events[at] = json.loads(line)
            at += 1
    beside = iter([base64.b64decode(line, validate=True) for line in lines])

    def climb(start, stop):
        if stop <= first or start >= end:
            return next(beside)
        if stop - start == 1:
            return hashes[start - first]
        split = 1
        while split * 2 < stop - start:
            split *= 2
        return sha256(b"\x01" + climb(start, start + split) + climb(start + split, stop))

    must(not entries and at == end, "there are other files of entries")
    must(climb(0, size) == root and next(beside, None) is None, "the range is not in the log")
    return first, end


def tell(events, scope):
    """What the entries tell of the sessions that must be here."""
    told = {}
    for at, event in sorted(events.items()):
        session, kind = event.get("session"), event["kind"]
        if kind == "session.open":
            if scope.get("asset", event["asset"]["id"]) != event["asset"]["id"]:
                continue
            if scope.get("person", event["subject"]["id"]) != event["subject"]["id"]:
                continue
            must(session not in told, f"session {session} begins twice")
            told[session] = {"open": at, "close": None, "deleted": []}
        elif session in told:
            if kind in ("session.close", "session.aborted") and told[session]["close"] is None:
                told[session]["close"] = at
            if event.get("name") == "recording:deleted":
                told[session]["deleted"].append(str(event.get("text")))
    return told


def check_recording(files, session, one, events):
    folder = f"recordings/{session}/"
    own = {name[len(folder):]: data for name, data in files.items() if name.startswith(folder)}
    if one["close"] is None:
        must(not own, f"{session} has not ended, and has a recording")
        return "not ended"
    closed = events[one["close"]]
    if closed["kind"] == "session.aborted" and "files" not in closed:
        must(not own, f"{session} recorded nothing, and has a recording")
        return "nothing was recorded"
    deleted = "tombstone.json" in own
    for name in ("manifest.json", "index", "close.json", "progress"):
        data = own.get(name)
        if deleted and name in ("index", "progress"):
            must(data is None, f"{session} was deleted, and more of it is here")
            continue
        digest = None if data is None else sha256(data).hex()
        must(digest == closed["files"].get(name), f"{name} is not the one that was closed")
    if "manifest.json" in own:
        header = json.loads(own["manifest.json"])["header"]
        must(header["session"] == session, "the manifest is of another session")
    if deleted:
        tombstone = json.loads(own["tombstone.json"])
        must(one["deleted"], f"the log does not say that {session} was deleted")
        must(tombstone["session"] == session, "the tombstone is of another session")
        must(tombstone["root"] == closed["root"], "the tombstone is of another recording")
        digests = [found for text in one["deleted"] for found in re.findall(r"SHA-256 ([0-9a-f]{64})", text)[:1]]
        digest = sha256(own["tombstone.json"]).hex()
        must(not digests or digest in digests, "the tombstone is not the one that the log tells of")
        must(len(own) <= 3, f"{session} was deleted, and more of it is here")
        return "deleted by policy"
    must("close.json" in own, f"{session} has neither a recording nor a tombstone")
    lines = [json.loads(line) for line in own.get("index", b"").decode().splitlines()]
    hashes = []
    for line in lines:
        data = own.get(f"segments/{line['number']}.seg")
        must(data is not None and sha256(data).hex() == line["sha256"], "a segment was changed")
        hashes.append(sha256(data))
    segments = [name for name in own if name.startswith("segments/")]
    must(len(segments) == len(hashes) == closed["segments"], "there are other segments")
    must(tree_root(hashes).hex() == closed["root"], "the segments are not those that were closed")
    return f"{closed['state']}, {closed['segments']} segments, {closed['records']} records"


def main(bundle, policy_file):
    with open(policy_file, encoding="utf-8") as file:
        policy = parse_policy(file.read())
    inventory, files = check_inventory(bundle)
    must("log/checkpoint" in files, "there is no checkpoint")
    origin, size, root, seen = check_checkpoint(files["log/checkpoint"].decode(), policy)
    events = check_leaves(files, size, root)
    scope, sessions, end = inventory.get("scope"), inventory["sessions"], None
    if scope is None:
        own = [e for e in events.values() if e["kind"] != "recordings.progress"]
        must(len(sessions) == 1, "it is not of one session")
        must(all(e["session"] == sessions[0] for e in own), "an entry is of another session")
        must("log/range" not in files, "there is a range that nobody asked for")
    else:
        first, end = check_range(files, size, root, events)
    told = tell(events, scope or {})
    must(sorted(told) == sorted(sessions), "the entries open other sessions")
    named = {name.split("/")[1] for name in files if name.startswith("recordings/")}
    must(named <= set(told), "there is a recording of another session")
    found = []
    for session, one in told.items():
        must(one["close"] is not None or end == size, f"{session} has no end")
        must(one["close"] is None or one["open"] < one["close"], "it ends before it begins")
        state = check_recording(files, session, one, events)
        found.append(f"  session {ascii(session)}, entries {one['open']} and {one['close']}: {state}")
    print(f"PROVED: {len(found)} sessions in the log {ascii(origin)} of {size} entries")
    print("\n".join(found))
    if scope is not None:
        print(f"none was removed of those that entries {first} to {end - 1} open, scope {scope}")
    print("cosigned by", ", ".join(seen) or "nobody")


if __name__ == "__main__":
    try:
        main(sys.argv[1], sys.argv[2])
    except (ValueError, KeyError, IndexError, TypeError, AttributeError, RecursionError,
            OSError, StopIteration, zipfile.BadZipFile) as error:
        refuse(f"it cannot be read: {error}")
