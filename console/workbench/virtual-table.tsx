/** A table that draws only the rows on the screen, however many there are. */
import { useElementSize, useMergedRef } from "@mantine/hooks";
import { Fragment, type ReactNode, useEffect, useMemo, useRef, useState } from "react";
import { offsetsOf, scrollToShow, windowOf } from "./window-of.ts";

interface VirtualTableProps<Row> {
  readonly rows: readonly Row[];
  readonly keyOf: (row: Row) => string | number;
  /** Pixels; what is drawn must have exactly this height. */
  readonly heightOf: (row: Row) => number;
  /** The cells of the head, `<th>`. */
  readonly head: ReactNode;
  readonly columns: number;
  /** One or more `<tr>`. */
  readonly children: (row: Row, index: number) => ReactNode;
  readonly label: string;
  /** A row to keep in sight when it changes. */
  readonly shownRow?: number;
  /** Told which rows are drawn. */
  readonly onWindow?: (drawn: { readonly first: number; readonly end: number }) => void;
}

export function VirtualTable<Row>(props: VirtualTableProps<Row>) {
  const { rows, keyOf, heightOf, head, columns, children, label, shownRow, onWindow } = props;
  const [scrollTop, setScrollTop] = useState(0);
  const place = useRef<HTMLDivElement>(null);
  const { ref: sized, height } = useElementSize<HTMLDivElement>();
  const ref = useMergedRef(place, sized);
  const offsets = useMemo(() => offsetsOf(rows.map(heightOf)), [rows, heightOf]);
  const shown = windowOf(offsets, scrollTop, height + SCROLL_STEP);

  const current = shownRow === undefined ? undefined : rows[shownRow];
  const shownKey = current === undefined ? undefined : keyOf(current);
  const { first, end } = shown;
  useEffect(() => onWindow?.({ first, end }), [onWindow, first, end]);

  // biome-ignore lint/correctness/useExhaustiveDependencies: only a change of the row scrolls
  useEffect(() => {
    const element = place.current;
    if (element === null || shownRow === undefined || shownRow < 0) return;
    const view = element.clientHeight - HEAD_HEIGHT;
    const to = scrollToShow(offsets, shownRow, element.scrollTop, view);
    if (to !== undefined) element.scrollTop = to;
  }, [shownKey, height]);

  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset is for inputs
    <div
      ref={ref}
      role="group"
      className="vt-view"
      aria-label={label}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
      tabIndex={0}
      onScroll={(event) => setScrollTop(stepOf(event.currentTarget.scrollTop))}
    >
      <table className="vt-table" aria-rowcount={rows.length + 1}>
        <thead>
          <tr>{head}</tr>
        </thead>
        <tbody>
          <Space height={shown.aboveHeight} columns={columns} />
          {rows.slice(shown.first, shown.end).map((row, n) => (
            <Fragment key={keyOf(row)}>{children(row, shown.first + n)}</Fragment>
          ))}
          <Space height={shown.belowHeight} columns={columns} />
        </tbody>
      </table>
    </div>
  );
}

const HEAD_HEIGHT = 30;

/** Rows are drawn anew once in so many pixels: less than what is drawn beyond the edge. */
const SCROLL_STEP = 120;

function stepOf(scrollTop: number): number {
  return Math.floor(scrollTop / SCROLL_STEP) * SCROLL_STEP;
}

function Space({ height, columns }: { readonly height: number; readonly columns: number }) {
  if (height === 0) return null;
  return (
    <tr aria-hidden className="vt-space">
      <td className="vt-space-cell" colSpan={columns} style={{ height }} />
    </tr>
  );
}
