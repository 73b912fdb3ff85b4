/**
 * Whom recordings are sealed to: the site, which plays them, and auditors, who can open them
 * without the broker. The site's identity is a file as `age-keygen` writes it, kept apart from the
 * evidence; with `age -d -i FILE` it opens a segment where no broker runs.
 *
 * It is made at the first start. Later it is never made anew by itself: a broker without the key
 * of its recordings says so instead of going on with another, as if nothing were missing.
 */
import { closeSync, existsSync, fsyncSync, openSync, readFileSync, writeSync } from "node:fs";
import { mkdir, rename, writeFile } from "node:fs/promises";
import path from "node:path";
import { Encrypter, generateX25519Identity, identityToRecipient } from "age-encryption";

export interface EvidenceKeys {
  /** Secret `AGE-SECRET-KEY-1…`: sealed to the first, opened with any. Earlier keys stand behind. */
  readonly identities: readonly string[];
  /** Public `age1…` of the first identity. */
  readonly site: string;
  /** Public `age1…` of those who may open recordings offline, besides the site. */
  readonly auditors: readonly string[];
}

/** Names the site's key, for people and for the next start. Public. */
const MARKER = "recipient";

/** More would make each segment's header longer than what it protects. */
const AUDITORS_MAX = 16;

export class EvidenceKeyRefused extends Error {
  override readonly name = "EvidenceKeyRefused";
}

export interface KeyPlace {
  readonly file: string;
  readonly evidenceFolder: string;
  readonly auditors: readonly string[];
  /** Told when the key was made. */
  say?(line: string): void;
}

/** @throws EvidenceKeyRefused if the key is missing or is not the one the recordings need */
export async function openEvidenceKeys(place: KeyPlace): Promise<EvidenceKeys> {
  place.auditors.forEach(checkAuditor);
  if (place.auditors.length > AUDITORS_MAX) {
    throw new EvidenceKeyRefused(`at most ${AUDITORS_MAX} auditors' recipients can be named`);
  }
  const marker = path.join(place.evidenceFolder, MARKER);
  const known = existsSync(marker) ? readFileSync(marker, "utf8").trim() : undefined;
  if (!existsSync(place.file)) await makeIdentity(place, known);
  const identities = identitiesIn(readFileSync(place.file, "utf8"));
  const recipients = await Promise.all(identities.map((one) => recipientOf(place.file, one)));
  const site = recipients[0];
  if (site === undefined) {
    throw new EvidenceKeyRefused(`${place.file} holds no AGE-SECRET-KEY-1… line`);
  }
  if (known !== undefined && !recipients.includes(known)) throw otherKey(place, known);
  if (known !== site) await mark(place.evidenceFolder, marker, site);
  return { identities, site, auditors: [...new Set(place.auditors)] };
}

/** Puts it in place whole and durable, before anything is sealed to it. */
async function makeIdentity(place: KeyPlace, known: string | undefined): Promise<void> {
  if (known !== undefined) throw otherKey(place, known);
  const identity = await generateX25519Identity();
  const recipient = await identityToRecipient(identity);
  const text = `# Site key of the recordings. Keep a copy elsewhere: without it none can be played.
# public key: ${recipient}
${identity}
`;
  const temporary = `${place.file}.tmp`;
  const file = openSync(temporary, "w", 0o600);
  try {
    writeSync(file, text);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  await rename(temporary, place.file);
  syncFolder(path.dirname(place.file));
  place.say?.(`made the key of the recordings, ${place.file}: keep a copy of it elsewhere`);
}

function otherKey({ file, evidenceFolder }: KeyPlace, known: string): EvidenceKeyRefused {
  return new EvidenceKeyRefused(
    `${file} is not the key of the recordings in ${evidenceFolder}, which are sealed to ${known}: ` +
      "put that key back (a file may hold several, the newest first)",
  );
}

function identitiesIn(text: string): readonly string[] {
  const lines = text.split(/\r?\n/).map((line) => line.trim());
  return lines.filter((line) => line !== "" && !line.startsWith("#"));
}

function checkAuditor(recipient: string): void {
  try {
    new Encrypter().addRecipient(recipient);
  } catch {
    throw new EvidenceKeyRefused(`${recipient} is no age recipient: it was mistyped or cut`);
  }
}

async function recipientOf(file: string, identity: string): Promise<string> {
  if (/^AGE-SECRET-KEY-1[A-Z0-9]{58}$/.test(identity)) {
    try {
      return await identityToRecipient(identity);
    } catch {
      // A wrong checksum; the text is secret and stays out of the message.
    }
  }
  throw new EvidenceKeyRefused(`${file} has a line that is no AGE-SECRET-KEY-1… identity`);
}

async function mark(folder: string, marker: string, site: string): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await writeFile(`${marker}.tmp`, `${site}\n`, { mode: 0o600, flush: true });
  await rename(`${marker}.tmp`, marker);
}

function syncFolder(folder: string): void {
  const opened = openSync(folder, "r");
  try {
    fsyncSync(opened);
  } finally {
    closeSync(opened);
  }
}
