/** Builds what delivers to an integration. Each has a dialer that knows its own place alone. */
import type { Clock } from "../clock.ts";
import { IntegrationDialer } from "../legs/integration-dialer.ts";
import type { PlantRanges } from "../legs/pinned-address.ts";
import type { FeedItem } from "../store/integration-feed.ts";
import type { Integration, MailVia, NoticeIntegration, SyslogVia, WebVia } from "./model.ts";
import { MailNotices } from "./notices/mail-notices.ts";
import type { NoticeSite } from "./notices/notice.ts";
import { WebNotices } from "./notices/web-notices.ts";
import { addressFault } from "./parse-via.ts";
import { NotTaken, type Receiver } from "./receiver.ts";
import { cefLine } from "./siem/cef.ts";
import { ocsfLine, type Product } from "./siem/ocsf.ts";
import { SetReceiver, type SignSet } from "./siem/set-receiver.ts";
import { framed, MESSAGE_BYTES_MAX, syslogMessage } from "./siem/syslog-message.ts";
import { SyslogReceiver } from "./siem/syslog-receiver.ts";
import { WebReceiver } from "./siem/web-receiver.ts";
import { type Post, trustRead } from "./web-post.ts";

export interface ReceiverParts {
  readonly ranges: PlantRanges;
  readonly clock: Clock;
  /** As it is now: the plant's name may change. */
  product(): Product;
  site(): NoticeSite;
  /** Host name that syslog messages carry. */
  readonly host: string;
  concerned(item: FeedItem): Promise<readonly string[]>;
  /** Signs security event tokens by the site's key. */
  readonly sign: SignSet;
  /** Of a person of the site. */
  emailOf(personId: string): Promise<string | undefined>;
}

/** @throws SecretMissing where the address is named by a secret that is gone */
export function receiverOf(parts: ReceiverParts, integration: Integration): Receiver {
  if (integration.purpose === "notices") return noticeReceiver(parts, integration);
  if (integration.purpose === "signals") {
    const { via: to } = integration;
    const { clock, sign, emailOf } = parts;
    return new SetReceiver({ integration, clock, post: postVia(parts, to), sign, emailOf });
  }
  const { via } = integration;
  if (via.form === "syslog") return syslogReceiver(parts, via);
  const line = (item: FeedItem) => ocsfLine(item, parts.product(), LINE_BYTES_MAX);
  return new WebReceiver({ via, post: postVia(parts, via), clock: parts.clock, line });
}

/** One event as a line of a batch. */
const LINE_BYTES_MAX = 32_768;
/** The header and the structured data, at most. */
const HEADER_BYTES = 2_048;

function noticeReceiver(parts: ReceiverParts, { via, about }: NoticeIntegration): Receiver {
  const { clock, site, concerned } = parts;
  if (via.form !== "mail") {
    return new WebNotices({ via, about, clock, site, post: postVia(parts, via) });
  }
  const dialer = dialerTo(parts, streamName(via));
  const connect: IntegrationDialer["connect"] = (destination) => dialer.connect(destination);
  return new MailNotices({ via, about, clock, site, concerned, connect });
}

function syslogReceiver(parts: ReceiverParts, via: SyslogVia): Receiver {
  const { host, port, security, format } = via;
  const dialer = dialerTo(parts, streamName(via));
  const content = (item: FeedItem) =>
    format === "cef"
      ? cefLine(item, parts.product().version)
      : ocsfLine(item, parts.product(), MESSAGE_BYTES_MAX - HEADER_BYTES);
  return new SyslogReceiver({
    clock: parts.clock,
    connect: (destination) => dialer.connect(destination),
    destination: () => ({ host, port, ...(security === "tls" && { security: trustRead(via) }) }),
    message: (item) => framed(syslogMessage(item, parts.host, content(item))),
  });
}

/** The address may be a secret that changes: what it says at each letter is the destination. */
function postVia(parts: ReceiverParts, via: WebVia): Post {
  return (url, ...rest) => {
    const wrong = addressFault(url);
    if (wrong !== undefined) throw new NotTaken(`${via.url.from}: ${wrong}`);
    return dialerTo(parts, url).post(url, ...rest);
  };
}

function dialerTo({ ranges }: ReceiverParts, destination: string): IntegrationDialer {
  return new IntegrationDialer({ ...ranges, destinations: [destination] });
}

function streamName({ host, port }: MailVia | SyslogVia): string {
  return `${host}:${port}`;
}
