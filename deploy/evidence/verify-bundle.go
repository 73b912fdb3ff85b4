// verify-bundle checks a bundle of `sallyport export` (a zip file or a folder) without Sallyport:
// with Go's standard library and the note and tlog packages of golang.org/x/mod, which Debian has
// as golang-golang-x-mod-dev.
//
//	GO111MODULE=off GOPATH=/usr/share/gocode go build -o verify-bundle verify-bundle.go
//	./verify-bundle BUNDLE POLICY
//
// It ends with 0 and says what was found, or with 1 and the first thing that does not fit. It
// shares no code with `sallyport verify`.
package main

import (
	"archive/zip"
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"sort"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

const fileBytesMax = 256 << 20

var names = regexp.MustCompile(`^(bundle\.json|log/(checkpoint|earlier|range|(0|[1-9]\d*)\.(json|tlog-proof)|entries/(0|[1-9]\d*)\.ndjson)|recordings/[A-Za-z0-9][A-Za-z0-9_-]{0,63}/(manifest\.json|index|close\.json|progress|tombstone\.json|segments/(0|[1-9]\d*)\.seg)|comments/[A-Za-z0-9][A-Za-z0-9_-]{0,63}\.ndjson)$`)
var tombstoneDigest = regexp.MustCompile(`SHA-256 ([0-9a-f]{64})`)
var folders = regexp.MustCompile(`^(log|log/entries|comments|recordings|recordings/[A-Za-z0-9][A-Za-z0-9_-]{0,63}(/segments)?)/?$`)

type object = map[string]interface{}

func must(holds bool, format string, args ...interface{}) {
	if !holds {
		panic(fmt.Errorf(format, args...))
	}
}

func check(err error) {
	if err != nil {
		panic(err)
	}
}

// ---- files

type bundle struct {
	open     map[string]func() (io.ReadCloser, error)
	files    map[string]string
	sessions []string
	scope    map[string]string
}

func (b *bundle) raw(name string) []byte {
	open, found := b.open[name]
	must(found, "%s is missing", name)
	reader, err := open()
	check(err)
	defer reader.Close()
	data, err := io.ReadAll(io.LimitReader(reader, fileBytesMax+1))
	check(err)
	must(len(data) <= fileBytesMax, "%s is too large", name)
	return data
}

// read answers a file that is as the inventory says.
func (b *bundle) read(name string) []byte {
	data := b.raw(name)
	must(digest(data) == b.files[name], "%s is not as the inventory says", name)
	return data
}

func (b *bundle) has(name string) bool { _, found := b.files[name]; return found }

func digest(data []byte) string { sum := sha256.Sum256(data); return hex.EncodeToString(sum[:]) }

func (b *bundle) add(name string, open func() (io.ReadCloser, error)) {
	must(names.MatchString(name), "%q does not belong into a bundle", name)
	_, twice := b.open[name]
	must(!twice, "%s is there twice", name)
	b.open[name] = open
}

func openBundle(place string) *bundle {
	b := &bundle{open: map[string]func() (io.ReadCloser, error){}}
	stat, err := os.Stat(place)
	check(err)
	if stat.IsDir() {
		check(filepath.Walk(place, func(file string, info os.FileInfo, err error) error {
			check(err)
			name, err := filepath.Rel(place, file)
			check(err)
			if info.IsDir() {
				must(name == "." || folders.MatchString(name), "%q does not belong into a bundle", name)
				return nil
			}
			must(info.Mode().IsRegular(), "%s is not a plain file", name)
			b.add(name, func() (io.ReadCloser, error) { return os.Open(file) })
			return nil
		}))
	} else {
		archive, err := zip.OpenReader(place)
		check(err)
		for _, file := range archive.File {
			if folders.MatchString(file.Name) && strings.HasSuffix(file.Name, "/") {
				continue
			}
			must(file.Mode().IsRegular(), "%q is not a plain file", file.Name)
			b.add(file.Name, file.Open)
		}
	}
	b.inventory()
	return b
}

func (b *bundle) inventory() {
	text := b.raw("bundle.json")
	var said struct {
		Files    map[string]string  `json:"files"`
		Format   int                `json:"format"`
		Scope    *map[string]string `json:"scope,omitempty"`
		Sessions []string           `json:"sessions"`
	}
	check(json.Unmarshal(text, &said))
	again := bytes.Buffer{}
	encoder := json.NewEncoder(&again)
	encoder.SetEscapeHTML(false)
	check(encoder.Encode(said))
	must(strings.TrimSuffix(again.String(), "\n") == string(text), "bundle.json is no inventory")
	must(said.Format == 2, "bundle.json is of another format")
	b.files, b.sessions = said.Files, said.Sessions
	if said.Scope != nil {
		b.scope = *said.Scope
		for name := range b.scope {
			must(name == "asset" || name == "person", "the scope has a strange member")
		}
	}
	must(len(b.files) == len(b.open)-1, "the inventory names other files")
	for name := range b.files {
		must(b.open[name] != nil, "%s is missing", name)
	}
}

// ---- whom to trust

type policy struct {
	logs      map[string]note.Verifier
	witnesses map[string]note.Verifier
	groups    map[string][]string
	least     map[string]int
	quorum    string
}

// cosigner checks C2SP cosignature/v1, which the note package leaves to others.
type cosigner struct {
	name string
	hash uint32
	key  ed25519.PublicKey
}

func (c cosigner) Name() string    { return c.name }
func (c cosigner) KeyHash() uint32 { return c.hash }
func (c cosigner) Verify(msg, sig []byte) bool {
	if len(sig) != 8+ed25519.SignatureSize {
		return false
	}
	text := fmt.Sprintf("cosignature/v1\ntime %d\n%s", binary.BigEndian.Uint64(sig), msg)
	return ed25519.Verify(c.key, []byte(text), sig[8:])
}

func witnessKey(text string) note.Verifier {
	parts := strings.SplitN(text, "+", 3)
	must(len(parts) == 3, "the policy has a key that cannot be read")
	hash, err := strconv.ParseUint(parts[1], 16, 32)
	check(err)
	material, err := base64.StdEncoding.DecodeString(parts[2])
	check(err)
	must(len(material) == 33 && material[0] == 4, "a witness has a key of another kind")
	sum := sha256.Sum256(append([]byte(parts[0]+"\n"), material...))
	must(binary.BigEndian.Uint32(sum[:]) == uint32(hash), "a witness's key does not fit its name")
	return cosigner{parts[0], uint32(hash), ed25519.PublicKey(material[1:])}
}

func readPolicy(file string) policy {
	text, err := os.ReadFile(file)
	check(err)
	p := policy{map[string]note.Verifier{}, map[string]note.Verifier{}, map[string][]string{}, map[string]int{}, ""}
	for _, line := range strings.Split(string(text), "\n") {
		words := strings.Fields(line)
		if len(words) == 0 || strings.HasPrefix(words[0], "#") {
			continue
		}
		switch words[0] {
		case "log":
			verifier, err := note.NewVerifier(words[1])
			check(err)
			p.logs[verifier.Name()] = verifier
		case "witness":
			p.witnesses[words[1]] = witnessKey(words[2])
		case "group":
			p.groups[words[1]] = words[3:]
			switch words[2] {
			case "all":
				p.least[words[1]] = len(words) - 3
			case "any":
				p.least[words[1]] = 1
			default:
				p.least[words[1]], err = strconv.Atoi(words[2])
				check(err)
			}
		case "quorum":
			p.quorum = words[1]
		}
	}
	must(p.quorum != "", "the policy has no quorum")
	return p
}

func (p policy) reached(name string, seen map[string]bool) bool {
	members, isGroup := p.groups[name]
	if !isGroup {
		return name == "none" || seen[name]
	}
	count := 0
	for _, member := range members {
		if p.reached(member, seen) {
			count++
		}
	}
	return count >= p.least[name]
}

// ---- the log

type checkpoint struct {
	origin string
	size   int64
	root   tlog.Hash
	seen   []string
}

func (p policy) open(signed []byte) checkpoint {
	origin := strings.SplitN(string(signed), "\n", 2)[0]
	verifier, known := p.logs[origin]
	must(known, "the checkpoint is of the log %q, which the policy does not name", origin)
	opened, err := note.Open(signed, note.VerifierList(verifier))
	check(err)
	lines := strings.Split(opened.Text, "\n")
	must(len(lines) >= 4 && lines[0] == origin, "it is not a checkpoint")
	size, err := strconv.ParseInt(lines[1], 10, 64)
	check(err)
	root, err := tlog.ParseHash(lines[2])
	check(err)
	seen := map[string]bool{}
	list := []string{}
	for name, witness := range p.witnesses {
		if _, err := note.Open(signed, note.VerifierList(witness)); err == nil {
			seen[name] = true
			list = append(list, name)
		}
	}
	must(p.reached(p.quorum, seen), "the quorum of witnesses is not reached")
	sort.Strings(list)
	return checkpoint{origin, size, root, list}
}

func parseHashes(lines []string) []tlog.Hash {
	hashes := []tlog.Hash{}
	for _, line := range lines {
		hash, err := tlog.ParseHash(line)
		check(err)
		hashes = append(hashes, hash)
	}
	return hashes
}

func parseEvent(data []byte) object {
	event := object{}
	check(json.Unmarshal(data, &event))
	return event
}

func (b *bundle) leaves(head checkpoint) (map[int64]object, int64, int64) {
	events := map[int64]object{}
	proofs := 0
	for name := range b.files {
		if strings.HasSuffix(name, ".tlog-proof") {
			proofs++
		}
		if !strings.HasPrefix(name, "log/") || !strings.HasSuffix(name, ".json") {
			continue
		}
		proofs--
		data := b.read(name)
		number := strings.TrimSuffix(strings.TrimPrefix(name, "log/"), ".json")
		index, err := strconv.ParseInt(number, 10, 64)
		check(err)
		text := string(b.read(strings.TrimSuffix(name, "json") + "tlog-proof"))
		parts := strings.SplitN(text, "\n\n", 2)
		must(len(parts) == 2 && parts[1] == string(b.read("log/checkpoint")), "%s is proved for another log", name)
		lines := strings.Split(parts[0], "\n")
		must(len(lines) >= 2 && lines[0] == "c2sp.org/tlog-proof@v1" && lines[1] == "index "+number, "%s has another proof", name)
		check(tlog.CheckRecord(parseHashes(lines[2:]), head.size, head.root, index, tlog.RecordHash(data)))
		events[index] = parseEvent(data)
	}
	must(proofs == 0, "there is a proof of nothing")
	if b.scope == nil {
		must(!b.has("log/range"), "there is a range that nobody asked for")
		return events, 0, 0
	}
	first, end := b.rangeLeaves(head, events)
	return events, first, end
}

// rangeLeaves reads leaves that stand side by side, and climbs with their hashes to the root.
func (b *bundle) rangeLeaves(head checkpoint, events map[int64]object) (int64, int64) {
	text := string(b.read("log/range"))
	must(strings.HasSuffix(text, "\n"), "log/range is cut short")
	lines := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
	var first, end int64
	_, err := fmt.Sscanf(lines[0], "range %d %d", &first, &end)
	check(err)
	must(lines[0] == fmt.Sprintf("range %d %d", first, end), "log/range cannot be read")
	must(0 <= first && first < end && end <= head.size, "log/range is of another log")
	beside := parseHashes(lines[1:])
	hashes := []tlog.Hash{}
	files := 0
	for at := first; at < end; files++ {
		data := b.read(fmt.Sprintf("log/entries/%d.ndjson", at))
		must(bytes.HasSuffix(data, []byte("\n")), "a file of entries is cut short")
		for _, line := range bytes.Split(bytes.TrimSuffix(data, []byte("\n")), []byte("\n")) {
			_, twice := events[at]
			must(!twice && at < end, "entry %d is there twice, or is too much", at)
			events[at] = parseEvent(line)
			hashes = append(hashes, tlog.RecordHash(line))
			at++
		}
	}
	for name := range b.files {
		if strings.HasPrefix(name, "log/entries/") {
			files--
		}
	}
	must(files == 0, "there are other files of entries")
	next := 0
	var climb func(from, to int64) tlog.Hash
	climb = func(from, to int64) tlog.Hash {
		if to <= first || from >= end {
			must(next < len(beside), "log/range is too short")
			next++
			return beside[next-1]
		}
		if to-from == 1 {
			return hashes[from-first]
		}
		split := int64(1)
		for split*2 < to-from {
			split *= 2
		}
		return tlog.NodeHash(climb(from, from+split), climb(from+split, to))
	}
	must(climb(0, head.size) == head.root && next == len(beside), "the range of entries is not the one in the log")
	return first, end
}

func (b *bundle) earlier(p policy, head checkpoint, before int64) {
	if !b.has("log/earlier") {
		return
	}
	parts := strings.SplitN(string(b.read("log/earlier")), "\n\n", 2)
	must(len(parts) == 2, "log/earlier cannot be read")
	free := p
	free.quorum = "none"
	old := free.open([]byte(parts[1]))
	lines := strings.Split(parts[0], "\n")
	must(lines[0] == fmt.Sprintf("old %d", old.size) && old.size <= before && old.origin == head.origin, "log/earlier is of another log")
	check(tlog.CheckTree(parseHashes(lines[1:]), head.size, head.root, old.size, old.root))
}

// ---- the recordings

func treeRoot(entries [][]byte) tlog.Hash {
	if len(entries) == 0 {
		return tlog.Hash(sha256.Sum256(nil))
	}
	if len(entries) == 1 {
		return tlog.RecordHash(entries[0])
	}
	split := 1
	for split*2 < len(entries) {
		split *= 2
	}
	return tlog.NodeHash(treeRoot(entries[:split]), treeRoot(entries[split:]))
}

func textOf(value interface{}) string { text, _ := value.(string); return text }

func numberOf(value interface{}) int64 { number, _ := value.(float64); return int64(number) }

func member(event object, outer string) string {
	inner, _ := event[outer].(object)
	return textOf(inner["id"])
}

type told struct {
	open, close int64
	deleted     []string
}

// sessionsOf answers what the entries tell of the sessions that must be here.
func (b *bundle) sessionsOf(events map[int64]object) map[string]*told {
	found := map[string]*told{}
	order := []int64{}
	for at := range events {
		order = append(order, at)
	}
	sort.Slice(order, func(i, j int) bool { return order[i] < order[j] })
	for _, at := range order {
		event := events[at]
		session := textOf(event["session"])
		one := found[session]
		switch kind := textOf(event["kind"]); {
		case kind == "session.open":
			if asset, asked := b.scope["asset"]; asked && member(event, "asset") != asset {
				continue
			}
			if person, asked := b.scope["person"]; asked && member(event, "subject") != person {
				continue
			}
			must(one == nil, "session %q begins twice", session)
			found[session] = &told{at, -1, nil}
		case one != nil && (kind == "session.close" || kind == "session.aborted") && one.close < 0:
			one.close = at
		case one != nil && textOf(event["name"]) == "recording:deleted":
			one.deleted = append(one.deleted, textOf(event["text"]))
		}
		if b.scope == nil && textOf(event["kind"]) != "recordings.progress" {
			must(len(b.sessions) == 1 && session == b.sessions[0], "entry %d is of another session", at)
		}
	}
	must(len(found) == len(b.sessions), "bundle.json names other sessions than the entries open")
	for _, session := range b.sessions {
		must(found[session] != nil, "session %q is not opened by the entries", session)
	}
	return found
}

func (b *bundle) checkRecording(session string, one *told, events map[int64]object) string {
	folder := "recordings/" + session + "/"
	inside := 0
	for name := range b.files {
		if strings.HasPrefix(name, folder) {
			inside++
		}
	}
	if one.close < 0 {
		must(inside == 0, "%s has not ended, and has a recording", session)
		return "not ended"
	}
	closed := events[one.close]
	files, described := closed["files"].(object)
	if !described && textOf(closed["kind"]) == "session.aborted" {
		must(inside == 0, "%s recorded nothing, and has a recording", session)
		return "nothing was recorded"
	}
	if b.has(folder + "manifest.json") {
		var manifest struct{ Header object }
		check(json.Unmarshal(b.read(folder+"manifest.json"), &manifest))
		must(textOf(manifest.Header["session"]) == session, "the manifest is of another session")
	}
	if b.has(folder + "tombstone.json") {
		must(len(one.deleted) > 0, "the log does not say that %s was deleted", session)
		for _, name := range []string{"manifest.json", "close.json"} {
			must(b.files[folder+name] == textOf(files[name]), "%s is not the one that was closed", name)
		}
		tombstone := parseEvent(b.read(folder + "tombstone.json"))
		must(tombstone["session"] == session && tombstone["root"] == closed["root"], "the tombstone is of another recording")
		told := []string{}
		for _, text := range one.deleted {
			if found := tombstoneDigest.FindStringSubmatch(text); found != nil {
				told = append(told, found[1])
			}
		}
		known := len(told) == 0
		for _, digest := range told {
			known = known || digest == b.files[folder+"tombstone.json"]
		}
		must(known, "the tombstone is not the one that the log tells of")
		must(inside <= 3, "%s was deleted, and more of it is here", session)
		b.read(folder + "close.json")
		return "deleted by policy"
	}
	for _, name := range []string{"manifest.json", "index", "close.json", "progress"} {
		must(b.files[folder+name] == textOf(files[name]), "%s%s is not the one that was closed", folder, name)
		if b.has(folder + name) {
			b.read(folder + name)
			inside--
		}
	}
	must(b.has(folder+"close.json"), "%s has neither a recording nor a tombstone", session)
	entries := [][]byte{}
	index := []byte{}
	if b.has(folder + "index") {
		index = b.read(folder + "index")
	}
	for _, line := range strings.Split(string(index), "\n") {
		if line == "" {
			continue
		}
		segment := parseEvent([]byte(line))
		name := fmt.Sprintf("%ssegments/%d.seg", folder, numberOf(segment["number"]))
		must(b.files[name] == textOf(segment["sha256"]), "%s is not as it was sealed", name)
		sum := sha256.Sum256(b.read(name))
		entries = append(entries, sum[:])
		inside--
	}
	must(inside == 0, "%s has files that the recording does not have", folder)
	root := treeRoot(entries)
	must(numberOf(closed["segments"]) == int64(len(entries)), "there are other segments")
	must(hex.EncodeToString(root[:]) == textOf(closed["root"]), "the segments are not those that were closed")
	b.checkProgress(session, one, events, entries)
	return fmt.Sprintf("%s, %d segments", textOf(closed["state"]), len(entries))
}

// checkProgress: what the log said of the recording while it grew holds for what it became.
func (b *bundle) checkProgress(session string, one *told, events map[int64]object, entries [][]byte) {
	name := "recordings/" + session + "/progress"
	if !b.has(name) {
		return
	}
	for _, line := range strings.Split(strings.TrimSuffix(string(b.read(name)), "\n"), "\n") {
		var said struct {
			At, Index, Of int64
			Hashes        []string
			Member        struct {
				Bytes    int64  `json:"bytes"`
				Root     string `json:"root"`
				Segments int    `json:"segments"`
				Session  string `json:"session"`
				Tail     string `json:"tail"`
			}
		}
		check(json.Unmarshal([]byte(line), &said))
		event := events[said.Index]
		must(textOf(event["kind"]) == "recordings.progress" && numberOf(event["sessions"]) == said.Of, "entry %d tells of no progress", said.Index)
		must(one.open < said.Index && said.Index < one.close && said.Member.Session == session, "the progress is of another session")
		canonical, err := json.Marshal(said.Member)
		check(err)
		root, err := hex.DecodeString(textOf(event["root"]))
		check(err)
		must(len(root) == tlog.HashSize, "entry %d has no root", said.Index)
		var want tlog.Hash
		copy(want[:], root)
		check(tlog.CheckRecord(parseHashes(said.Hashes), said.Of, want, said.At, tlog.RecordHash(canonical)))
		must(said.Member.Segments <= len(entries), "segments are missing that the log has seen")
		prefix := treeRoot(entries[:said.Member.Segments])
		must(hex.EncodeToString(prefix[:]) == said.Member.Root, "the segments are not those that the log saw")
	}
}

func verify(place, policyFile string) {
	p := readPolicy(policyFile)
	b := openBundle(place)
	head := p.open(b.read("log/checkpoint"))
	events, first, end := b.leaves(head)
	found := b.sessionsOf(events)
	for name := range b.files {
		if parts := strings.Split(name, "/"); parts[0] == "recordings" {
			must(found[parts[1]] != nil, "%s is of no session of this bundle", name)
		}
	}
	before := head.size
	if b.scope != nil {
		before = first
	}
	lines := []string{}
	for _, session := range b.sessions {
		one := found[session]
		if b.scope == nil && one.open < before {
			before = one.open
		}
		must(one.close >= 0 || (b.scope != nil && end == head.size), "%s has no end", session)
		must(one.close < 0 || one.close > one.open, "%s ends before it begins", session)
		lines = append(lines, fmt.Sprintf("  session %q, entries %d and %d: %s", session, one.open, one.close, b.checkRecording(session, one, events)))
	}
	b.earlier(p, head, before)
	for name := range b.files {
		if name != "log/checkpoint" && !strings.HasPrefix(name, "recordings/") {
			b.read(name)
		}
	}
	fmt.Printf("PROVED: %d sessions in the log %q of %d entries\n%s\n", len(lines), head.origin, head.size, strings.Join(lines, "\n"))
	if b.scope != nil {
		fmt.Printf("none was removed of those that entries %d to %d open, scope %v\n", first, end-1, b.scope)
	}
	fmt.Printf("cosigned by %s\n", strings.Join(head.seen, ", "))
}

func main() {
	defer func() {
		if fault := recover(); fault != nil {
			err, isError := fault.(error)
			if !isError {
				err = errors.New("it cannot be read")
			}
			fmt.Printf("REFUSED: %q\n", err.Error())
			os.Exit(1)
		}
	}()
	must(len(os.Args) == 3, "usage: verify-bundle BUNDLE POLICY")
	verify(os.Args[1], os.Args[2])
}
