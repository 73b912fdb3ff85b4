/** The plant as it was then: what each tag held at the play head, and how old that knowledge was. */
import { IconChartLine } from "@tabler/icons-react";
import type { HeaderTag } from "../../protocols/tape/record.ts";
import { Empty } from "../components/states.tsx";
import { duration, exactUtc } from "../components/time-words.ts";
import { replayText } from "../text/replay.ts";
import { rawText, valueText } from "../workbench/modbus/tag-value.ts";
import { VirtualTable } from "../workbench/virtual-table.tsx";
import type { StoryShown } from "./story.ts";
import { shownTag, type TagAt } from "./value-tracks.ts";

const words = replayText.values;
const ROW_HEIGHT = 31;

interface ValuesPanelProps {
  readonly stories: readonly StoryShown[];
  readonly tags: readonly HeaderTag[];
  readonly headMs: number;
  readonly drawn: readonly string[];
  readonly full: boolean;
  readonly onDraw: (tag: string) => void;
}

export function ValuesPanel(props: ValuesPanelProps) {
  const { stories, tags, headMs, drawn, full, onDraw } = props;
  // Nodes have no registers behind them.
  const withRaw = tags.some(({ node }) => node === undefined);
  return (
    <section className="rp-panel rp-values" aria-label={words.title}>
      <h2>{words.title}</h2>
      {tags.length === 0 ? (
        <Empty title={words.noTags}>{words.noTagsAdvice}</Empty>
      ) : (
        <VirtualTable
          rows={tags}
          keyOf={keyOf}
          heightOf={heightOf}
          head={<Head withRaw={withRaw} />}
          columns={withRaw ? 5 : 4}
          label={words.title}
        >
          {(tag) => (
            <Row
              tag={tag}
              at={tagAt(stories, tag, headMs)}
              headMs={headMs}
              drawn={drawn.includes(tag.name)}
              full={full}
              withRaw={withRaw}
              onDraw={onDraw}
            />
          )}
        </VirtualTable>
      )}
    </section>
  );
}

const keyOf = (tag: HeaderTag) => tag.name;
/** Younger than this, when it was read needs no number. */
const FRESH_MS = 1_000;

const heightOf = () => ROW_HEIGHT;

function Head({ withRaw }: Pick<RowProps, "withRaw">) {
  return (
    <>
      <th>{words.tag}</th>
      <th data-align="right">{words.value}</th>
      {withRaw && (
        <th className="tg-wide" data-align="right">
          {words.raw}
        </th>
      )}
      <th>{words.age}</th>
      <th>{words.trend}</th>
    </>
  );
}

interface RowProps {
  readonly tag: HeaderTag;
  readonly at: TagAt | undefined;
  readonly headMs: number;
  readonly drawn: boolean;
  readonly full: boolean;
  readonly withRaw: boolean;
  readonly onDraw: (tag: string) => void;
}

function Row({ tag, at, headMs, drawn, full, withRaw, onDraw }: RowProps) {
  const shown = shownTag(tag);
  return (
    <tr>
      <td className="tg-name">{tag.name}</td>
      <td className="tg-value" data-align="right" data-quality={at ? "good" : "none"}>
        {at ? valueText(shown, at.value) : "–"}
      </td>
      {withRaw && (
        <td className="tg-wide sp-mono wb-dim" data-align="right">
          {at ? rawText(shown, at.registers) : ""}
        </td>
      )}
      <td className="wb-dim" title={at ? exactUtc(at.atMs) : undefined}>
        {at ? agoWords(headMs - at.atMs) : words.never}
      </td>
      <td>
        <button
          type="button"
          className="tg-button tg-icon"
          aria-label={words.draw(tag.name)}
          aria-pressed={drawn}
          disabled={!drawn && full}
          onClick={() => onDraw(tag.name)}
        >
          <IconChartLine size={14} aria-hidden />
        </button>
      </td>
    </tr>
  );
}

/** In a second many are read: that it was just then says more than "0 s". */
function agoWords(lengthMs: number): string {
  return lengthMs < FRESH_MS ? words.fresh : words.before(duration(lengthMs));
}

/** From the newest part at or before the head that knows it. */
export function tagAt(
  stories: readonly StoryShown[],
  tag: HeaderTag,
  headMs: number,
): TagAt | undefined {
  for (const story of [...stories].reverse()) {
    if (story.firstMs > headMs) continue;
    const at = story.tracks.at(tag, headMs);
    if (at !== undefined) return at;
  }
  return undefined;
}
