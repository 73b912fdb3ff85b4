/** What the person saw or sent last on a web panel: its address, its fields, what was decided. */
import type { Pair } from "../../protocols/http/operation.ts";
import { byteSize } from "../components/sizes.ts";
import { StateBadge } from "../components/state-badge.tsx";
import { LocalTime } from "../components/time.tsx";
import { webText } from "../text/web.ts";
import { pageWords, plain, shownValue } from "./page-words.ts";
import { type Entry, entryAt, type StoryShown } from "./story.ts";

const words = webText.replay;

interface PageStageProps {
  readonly stories: readonly StoryShown[];
  readonly headMs: number;
}

type PageEntry = Extract<Entry, { kind: "page" }>;

export function PageStage({ stories, headMs }: PageStageProps) {
  const entry = pageAt(stories, headMs);
  return (
    <section className="rp-panel rp-page" aria-label={words.label}>
      <h2 className="rp-page-head">{words.label}</h2>
      {entry === undefined ? <p className="wb-quiet">{words.none}</p> : <Shown entry={entry} />}
    </section>
  );
}

/** Messages and downloads belong to a page: the request before them is what was on the screen. */
function pageAt(stories: readonly StoryShown[], headMs: number): PageEntry | undefined {
  for (const { entries } of [...stories].reverse()) {
    for (let at = entryAt(entries, headMs); at >= 0; at -= 1) {
      const entry = entries[at];
      if (entry?.kind === "page" && entry.wallMs <= headMs && isPage(entry)) return entry;
    }
  }
  return undefined;
}

function isPage({ operation: { action, path } }: PageEntry): boolean {
  return (action === "web:request" || action === "web:uploaded") && !PART_OF_A_PAGE.test(path);
}

/** What a browser fetches for a page by itself. */
const PART_OF_A_PAGE = /\.(css|js|mjs|png|gif|jpe?g|ico|svg|webp|woff2?|ttf)$/i;

function Shown({ entry }: { readonly entry: PageEntry }) {
  const { operation, judged, wallMs } = entry;
  const { act, tone, rule, reason } = pageWords(entry);
  if (operation.action !== "web:request" && operation.action !== "web:uploaded") return null;
  const { method, path, query, form, files } = operation;
  const json = (operation.action === "web:request" && operation.json) || NONE;
  return (
    <>
      <div className="rp-page-line">
        <code className="rp-page-path">
          {method} {plain(path)}
        </code>
        <StateBadge tone={tone} word={act} />
        <LocalTime atMs={wallMs} />
      </div>
      {judged.answer.kind !== "permit" && (
        <p className="wb-quiet">
          {webText.rule(rule)}
          {reason && `: ${reason}`}
        </p>
      )}
      <Fields title={words.query} pairs={query} />
      <Fields title={words.form} pairs={form} />
      <Fields title={words.json} pairs={json} />
      {files.length > 0 && (
        <Facts
          title={words.files}
          facts={files.map(({ name, size, digest }) => [
            plain(name),
            `${byteSize(size)}${digest === undefined ? "" : ` · SHA-256 ${digest}`}`,
          ])}
        />
      )}
    </>
  );
}

const NONE: readonly Pair[] = [];

function Fields({ title, pairs }: { readonly title: string; readonly pairs: readonly Pair[] }) {
  if (pairs.length === 0) return null;
  return <Facts title={title} facts={pairs.map((pair) => [plain(pair[0]), shownValue(pair)])} />;
}

interface FactsProps {
  readonly title: string;
  readonly facts: readonly (readonly [name: string, value: string])[];
}

function Facts({ title, facts }: FactsProps) {
  return (
    <>
      <h3 className="rp-page-head">{title}</h3>
      <dl className="rp-page-facts">
        {facts.map(([name, value], place) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: a form may send a name twice
          <div key={place}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
    </>
  );
}
