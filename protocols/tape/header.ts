/** A header as it was read: checked field by field, since a tape may come from anywhere. */
import { asLeftDown, type LeftDown } from "../rfb/left-down.ts";
import { asPage, type ScreenPage } from "../rfb/screen-page.ts";
import { type Header, type HeaderTag, TAPE_VERSION } from "./record.ts";
import type { Value } from "./value.ts";

type Fields = { readonly [name: string]: Value | undefined };

/** Undefined if a field is missing or of the wrong type. Fields that are not known are dropped. */
export function parseHeader(value: unknown): Header | undefined {
  const whole = fieldsOf(value);
  if (whole.version !== TAPE_VERSION) return undefined;
  const header = {
    version: TAPE_VERSION,
    build: whole.build,
    session: whole.session,
    site: whole.site,
    subject: pick(whole.subject, ["id", "name", "roles"]),
    asset: pick(whole.asset, ["id", "name", "zone"]),
    endpoint: pick(whole.endpoint, ["id", "protocol"]),
    grant: { ...pick(whole.grant, ["id", "profile", "until"]), ...breakGlassOf(whole.grant) },
    digests: pick(whole.digests, ["profile", "plant"]),
    tags: tagsOf(whole.tags),
    ...pagesOf(whole.pages),
    ...placesOf(whole.places),
    ...moreFieldsOf(whole.moreFields),
    ...leftDownOf(whole.leftDown),
    ...(whole.decidesRealpath === true && { decidesRealpath: true as const }),
    ...(whole.tellsPassed === true && { tellsPassed: true as const }),
    ...(whole.looksAgain === true && { looksAgain: true as const }),
    ...(whole.readsJson === true && { readsJson: true as const }),
    ...(typeof whole.visit === "string" && { visit: whole.visit }),
    startedMs: whole.startedMs,
  };
  return isHeader(header) ? header : undefined;
}

/** Older tapes, and those of grants that somebody agreed to, say nothing. */
function breakGlassOf(grant: unknown): { readonly breakGlass?: true } {
  return fieldsOf(grant).breakGlass === true ? { breakGlass: true } : {};
}

/** One that cannot be read would let a run of the guard differ: then the header cannot either. */
function pagesOf(value: unknown): { readonly pages?: readonly ScreenPage[] | undefined } {
  if (value === undefined) return {};
  const pages = Array.isArray(value) ? value.map(asPage) : [undefined];
  return { pages: pages.every((page) => page !== undefined) ? pages : undefined };
}

/** Likewise. */
function placesOf(value: unknown): { readonly places?: readonly string[] | undefined } {
  return value === undefined ? {} : { places: textsOf(value) };
}

/** Likewise. */
function moreFieldsOf(value: unknown): { readonly moreFields?: readonly string[] | undefined } {
  return value === undefined ? {} : { moreFields: textsOf(value) };
}

function textsOf(value: unknown): readonly string[] | undefined {
  return Array.isArray(value) && value.every((each) => typeof each === "string")
    ? value
    : undefined;
}

/** Likewise. */
function leftDownOf(value: unknown): { readonly leftDown?: LeftDown | undefined } {
  return value === undefined ? {} : { leftDown: asLeftDown(value) };
}

interface Unchecked {
  readonly build: unknown;
  readonly session: unknown;
  readonly site: unknown;
  readonly subject: Fields;
  readonly asset: Fields;
  readonly endpoint: Fields;
  readonly grant: Fields;
  readonly digests: Fields;
  readonly tags: readonly HeaderTag[] | undefined;
  readonly startedMs: unknown;
}

function isHeader<T extends Unchecked>(header: T): header is T & Header {
  const { subject, asset, endpoint, grant, digests } = header;
  const texts = [
    header.build,
    header.session,
    header.site,
    subject.id,
    subject.name,
    asset.id,
    asset.name,
    asset.zone,
    endpoint.id,
    endpoint.protocol,
    grant.id,
    grant.profile,
    digests.profile,
    digests.plant,
  ];
  return (
    texts.every((text) => typeof text === "string") &&
    Array.isArray(subject.roles) &&
    subject.roles.every((role) => typeof role === "string") &&
    typeof grant.until === "number" &&
    typeof header.startedMs === "number" &&
    header.tags !== undefined &&
    !("pages" in header && header.pages === undefined) &&
    !("places" in header && header.places === undefined) &&
    !("moreFields" in header && header.moreFields === undefined) &&
    !("leftDown" in header && header.leftDown === undefined)
  );
}

function tagsOf(value: unknown): readonly HeaderTag[] | undefined {
  if (!Array.isArray(value)) return undefined;
  const tags = value.map((tag) => ({
    ...pick(tag, [...TAG_TEXTS, ...TAG_NUMBERS]),
    ...statesOf(fieldsOf(tag).states),
    ...(fieldsOf(tag).report === true ? { report: true } : {}),
    ...nodeOf(fieldsOf(tag).node),
  }));
  return tags.every(isTag) ? tags : undefined;
}

function nodeOf(node: Value | undefined): Pick<HeaderTag, "node"> {
  return typeof node === "string" ? { node } : {};
}

/** Only words for people: what is not one is left out, and the tag stays. */
function statesOf(value: unknown): Pick<HeaderTag, "states"> {
  if (!Array.isArray(value)) return {};
  const states = value.map((state) => pick(state, ["value", "word"])).filter(isState);
  return states.length > 0 ? { states } : {};
}

function isState(state: Fields): state is Fields & { value: number; word: string } {
  return typeof state.value === "number" && typeof state.word === "string";
}

const TAG_TEXTS = ["name", "table", "type", "wordOrder", "unit"] as const;
const TAG_NUMBERS = ["unitId", "address", "scale", "offset"] as const;

function isTag(tag: Fields): tag is Fields & HeaderTag {
  return (
    TAG_TEXTS.every((name) => typeof tag[name] === "string") &&
    TAG_NUMBERS.every((name) => typeof tag[name] === "number")
  );
}

function pick(value: unknown, names: readonly string[]): Fields {
  const fields = fieldsOf(value);
  return Object.fromEntries(names.map((name) => [name, fields[name]]));
}

function fieldsOf(value: unknown): Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value)
    ? (value as Fields)
    : {};
}
