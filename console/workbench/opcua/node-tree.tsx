/**
 * A tree of nodes for hand and keyboard, after the pattern of ARIA: one place in the order of
 * tabs, arrows move and open, Enter chooses. Draws only what is on the screen.
 */
import { useElementSize, useMergedRef } from "@mantine/hooks";
import { IconChevronDown, IconChevronRight } from "@tabler/icons-react";
import { type KeyboardEvent, useId, useRef, useState } from "react";
import { NodeIcon } from "./node-icon.tsx";
import { plain } from "./value-words.ts";

export interface TreeRow {
  readonly key: string;
  /** Of the node: the same one may stand in several rows. */
  readonly id: string;
  readonly name: string;
  readonly nodeClass: number;
  readonly depth: number;
  /** Absent where there is nothing below. */
  readonly isOpen?: boolean;
  readonly note?: string;
  readonly hint: string;
}

interface NodeTreeProps {
  readonly label: string;
  readonly rows: readonly TreeRow[];
  /** Id of the node that is looked at. */
  readonly chosen: string | undefined;
  readonly onChoose: (row: TreeRow) => void;
  readonly onToggle?: (row: TreeRow) => void;
}

/** As in opcua.css. */
const ROW_HEIGHT = 26;
const BEYOND = 8;

export function NodeTree({ label, rows, chosen, onChoose, onToggle }: NodeTreeProps) {
  const prefix = useId();
  const place = useRef<HTMLDivElement>(null);
  const { ref, height } = useElementSize<HTMLDivElement>();
  const merged = useMergedRef(place, ref);
  const [scrollTop, setScrollTop] = useState(0);
  const [currentKey, setCurrent] = useState<string>();
  const known = rows.findIndex(({ key }) => key === currentKey);
  const current = known < 0 ? 0 : known;
  const first = Math.max(0, Math.floor(scrollTop / ROW_HEIGHT) - BEYOND);
  const end = Math.min(rows.length, Math.ceil((scrollTop + height) / ROW_HEIGHT) + BEYOND);

  function moveTo(at: number) {
    const row = rows[Math.max(0, Math.min(rows.length - 1, at))];
    if (!row) return;
    setCurrent(row.key);
    const top = rows.indexOf(row) * ROW_HEIGHT;
    const view = place.current;
    if (!view) return;
    if (top < view.scrollTop) view.scrollTop = top;
    if (top + ROW_HEIGHT > view.scrollTop + view.clientHeight) {
      view.scrollTop = top + ROW_HEIGHT - view.clientHeight;
    }
  }
  function onKey(event: KeyboardEvent) {
    const row = rows[current];
    if (!row) return;
    const page = Math.max(1, Math.floor(height / ROW_HEIGHT) - 1);
    const to = stepOf(event.key, { rows, current, page });
    if (to !== undefined) moveTo(to);
    else if (event.key === "Enter" || event.key === " ") onChoose(row);
    else if (turns(event.key, row)) onToggle?.(row);
    else return;
    event.preventDefault();
  }
  return (
    <div
      ref={merged}
      className="ua-rows"
      role="tree"
      aria-label={label}
      tabIndex={0}
      aria-activedescendant={rows[current] ? `${prefix}${current}` : undefined}
      onKeyDown={onKey}
      onScroll={(event) => setScrollTop(event.currentTarget.scrollTop)}
    >
      <div role="presentation" style={{ height: rows.length * ROW_HEIGHT, position: "relative" }}>
        {rows.slice(first, end).map((row, n) => (
          <Item
            key={row.key}
            row={row}
            id={`${prefix}${first + n}`}
            top={(first + n) * ROW_HEIGHT}
            isCurrent={first + n === current}
            isChosen={row.id === chosen}
            onChoose={() => {
              setCurrent(row.key);
              onChoose(row);
            }}
            onToggle={() => {
              setCurrent(row.key);
              onToggle?.(row);
            }}
          />
        ))}
      </div>
    </div>
  );
}

interface Standing {
  readonly rows: readonly TreeRow[];
  readonly current: number;
  /** Rows of one page. */
  readonly page: number;
}

/** Where a key leads to; undefined where it leads nowhere else. */
function stepOf(key: string, { rows, current, page }: Standing): number | undefined {
  switch (key) {
    case "ArrowDown":
      return current + 1;
    case "ArrowUp":
      return current - 1;
    case "PageDown":
      return current + page;
    case "PageUp":
      return current - page;
    case "Home":
      return 0;
    case "End":
      return rows.length - 1;
    case "ArrowRight":
      return rows[current]?.isOpen ? current + 1 : undefined;
    case "ArrowLeft":
      return rows[current]?.isOpen ? undefined : aboveOf(rows, current);
    default:
      return undefined;
  }
}

/** Opens what is closed, closes what is open. */
function turns(key: string, { isOpen }: TreeRow): boolean {
  return (key === "ArrowRight" && isOpen === false) || (key === "ArrowLeft" && isOpen === true);
}

function aboveOf(rows: readonly TreeRow[], at: number): number {
  const depth = rows[at]?.depth ?? 0;
  for (let up = at - 1; up >= 0; up -= 1) if ((rows[up]?.depth ?? 0) < depth) return up;
  return at;
}

interface ItemProps {
  readonly row: TreeRow;
  readonly id: string;
  readonly top: number;
  readonly isCurrent: boolean;
  readonly isChosen: boolean;
  readonly onChoose: () => void;
  readonly onToggle: () => void;
}

function Item({ row, id, top, isCurrent, isChosen, onChoose, onToggle }: ItemProps) {
  const { name, nodeClass, depth, isOpen, note, hint } = row;
  const Chevron = isOpen ? IconChevronDown : IconChevronRight;
  return (
    // The tree itself takes the keys.
    // biome-ignore lint/a11y/useKeyWithClickEvents: see above
    // biome-ignore lint/a11y/useFocusableInteractive: aria-activedescendant names it
    <div
      id={id}
      role="treeitem"
      className="ua-row"
      aria-level={depth + 1}
      aria-selected={isChosen}
      aria-expanded={isOpen}
      data-current={isCurrent || undefined}
      title={hint}
      style={{ top, paddingLeft: 4 + depth * 14 }}
      onClick={onChoose}
    >
      {isOpen === undefined ? (
        <span className="ua-chevron" />
      ) : (
        <span
          className="ua-chevron"
          aria-hidden
          onClick={(event) => {
            event.stopPropagation();
            onToggle();
          }}
        >
          <Chevron size={14} />
        </span>
      )}
      <NodeIcon nodeClass={nodeClass} />
      <span className="ua-name">{plain(name)}</span>
      {note !== undefined && note !== "" && <span className="wb-dim ua-note">{plain(note)}</span>}
    </div>
  );
}
