/**
 * Events in the words of the Open Cybersecurity Schema Framework 1.4.0. Which kind becomes which
 * class stands in `ocsf-classes.ts` and, for people, in `deploy/siem/README.md`.
 */
import { isIP } from "node:net";
import type { FeedItem } from "../../store/integration-feed.ts";
import { plainText } from "../../store/plain-text.ts";
import { activityName, CLASSES, type Classified, classify } from "./ocsf-classes.ts";

export const OCSF_VERSION = "1.4.0";

export interface Product {
  readonly version: string;
  /** Id of the site. */
  readonly site: string;
  readonly siteName: string;
}

export type OcsfEvent = Readonly<Record<string, unknown>>;

/** A name or an id of ours; the text of an event is capped where it is made. */
const VALUE_MAX = 200;
/** `SEVERITY[id]` */
const SEVERITY = ["Unknown", "Informational", "Low", "Medium", "High", "Critical"] as const;

export function ocsfEvent(item: FeedItem, product: Product): OcsfEvent {
  const classified = classify(item);
  const { classUid, activityId, severityId, status } = classified;
  const { name, category, categoryUid } = CLASSES[classUid];
  return {
    activity_id: activityId,
    activity_name: activityName(classUid, activityId),
    category_uid: categoryUid,
    category_name: category,
    class_uid: classUid,
    class_name: name,
    type_uid: classUid * 100 + activityId,
    type_name: `${name}: ${activityName(classUid, activityId)}`,
    time: item.atMs,
    severity_id: severityId,
    severity: SEVERITY[severityId],
    ...(status && { status_id: status === "Success" ? 1 : 2, status }),
    message: item.text,
    metadata: metadataOf(item, product),
    ...ofClass(item, classified),
    unmapped: unmappedOf(item, product),
  };
}

/** One line of at most this many bytes: what is left out can be looked up by the id. */
export function ocsfLine(item: FeedItem, product: Product, bytesMax: number): string {
  const { unmapped, finding_info: finding, ...rest } = ocsfEvent(item, product);
  const { desc, ...brief } = (finding ?? {}) as Record<string, unknown>;
  const core = { ...rest, ...(finding === undefined ? {} : { finding_info: brief }) };
  const whole = finding === undefined ? rest : { ...rest, finding_info: finding };
  const forms = [{ ...whole, unmapped }, core, { ...core, message: "" }];
  const lines = forms.map((form) => JSON.stringify(form));
  return lines.find((line) => Buffer.byteLength(line) <= bytesMax) ?? lines.at(-1) ?? "";
}

function unmappedOf({ kind, about }: FeedItem, { site, siteName }: Product): OcsfEvent {
  const known = Object.entries(about).map(([key, value]) => [key, capped(String(value))]);
  return { site, site_name: siteName, kind, ...Object.fromEntries(known) };
}

function metadataOf({ id, kind, position, session }: FeedItem, { version }: Product) {
  return {
    version: OCSF_VERSION,
    uid: id,
    event_code: kind,
    log_name: "sallyport-site-events",
    sequence: position,
    product: { name: "Sallyport", vendor_name: "Sallyport", version },
    ...(session === null ? {} : { correlation_uid: session }),
  };
}

/** What each class asks for besides what all have. */
function ofClass(item: FeedItem, { classUid, entity }: Classified): OcsfEvent {
  const source = sourceOf(item);
  const asset = assetOf(item);
  const user = userOf(item);
  const actor = item.person === null ? {} : { actor: { user } };
  switch (classUid) {
    case 3002:
      return {
        user,
        auth_protocol_id: 99,
        auth_protocol: "WebAuthn",
        is_mfa: true,
        service: { name: "Sallyport" },
        ...source,
      };
    case 3001:
      return { user, ...source };
    case 3005:
      return {
        user,
        privileges: [capped(item.about.profile ?? "access to an asset")],
        ...(item.about.asset && { resource: { uid: item.about.asset, type: "asset" } }),
      };
    case 4001:
      return { ...actor, ...source, dst_endpoint: asset, ...blocked(item) };
    case 2004:
      return {
        ...actor,
        finding_info: {
          uid: item.id,
          title: item.kind,
          desc: item.text,
          created_time: item.atMs,
          types: [item.kind],
        },
        ...(item.about.asset && { resources: [{ uid: item.about.asset, type: "asset" }] }),
      };
    default:
      return { ...actor, entity: { name: entity, type: entity, ...entityId(item) } };
  }
}

function blocked({ kind, about }: FeedItem): OcsfEvent {
  if (!kind.startsWith("operation:")) return {};
  return {
    action_id: 2,
    action: "Denied",
    disposition_id: 2,
    disposition: "Blocked",
    ...(about.rule && { firewall_rule: { name: capped(about.rule) } }),
  };
}

function userOf({ person }: FeedItem) {
  if (person === null) return { name: "unknown", type_id: 0, type: "Unknown" };
  const { id, name, email, employer } = person;
  return {
    ...{ uid: id, name: capped(name) || id, type_id: 1, type: "User" },
    ...(email && { email_addr: email }),
    ...(employer && { org: { name: capped(employer) } }),
  };
}

function sourceOf({ about: { address } }: FeedItem): OcsfEvent {
  return address !== undefined && isIP(address) !== 0 ? { src_endpoint: { ip: address } } : {};
}

function assetOf({ about }: FeedItem): OcsfEvent {
  const { asset, assetName, host, port, protocol } = about;
  const place = host === undefined ? {} : isIP(host) === 0 ? { hostname: host } : { ip: host };
  return {
    ...{ uid: asset ?? "unknown", name: capped(assetName ?? asset ?? "unknown") },
    ...{ ...place, ...(port && { port: Number(port) }) },
    ...(protocol && { svc_name: protocol }),
  };
}

function entityId({ about, session }: FeedItem): OcsfEvent {
  const uid = about.request ?? about.lock ?? about.grant ?? about.integration ?? session;
  return uid === null || uid === undefined ? {} : { uid };
}

function capped(text: string): string {
  return plainText(text, VALUE_MAX);
}
