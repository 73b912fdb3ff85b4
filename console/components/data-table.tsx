/**
 * A calm, dense table: sorted by its heads, cut to what a filter leaves, walked with the arrow
 * keys. On a narrow screen each row becomes a card with the same content.
 */
import { Button, Group, Table, Text, UnstyledButton } from "@mantine/core";
import { IconArrowDown, IconArrowUp } from "@tabler/icons-react";
import { type ReactNode, useMemo, useState } from "react";
import { text } from "../text.ts";
import { moveBetweenRows } from "./row-keys.ts";
import { Empty } from "./states.tsx";
import { nextSort, type Sort, type SortValue, sortRows } from "./table-order.ts";
import { useNarrow } from "./use-narrow.ts";

/** Rows drawn at first and added per click: more slow a browser down and are never read. */
const ROWS_STEP = 200;

export interface Column<Row> {
  readonly key: string;
  /** Empty for a column of buttons. */
  readonly title: string;
  /** What it counts or means, where its title is too short for that. */
  readonly hint?: string;
  readonly cell: (row: Row) => ReactNode;
  /** Absent: not sortable. */
  readonly sortBy?: (row: Row) => SortValue;
  readonly align?: "right";
  /** Needs the whole width of a card on narrow screens. */
  readonly wide?: boolean;
  /** Names that read badly in narrow lines: kept wide enough for most of them. */
  readonly roomy?: boolean;
  /** Left out of the card on narrow screens when it is empty there. */
  readonly hidden?: (row: Row) => boolean;
}

interface DataTableProps<Row> {
  /** What the table holds, for screen readers. */
  readonly label: string;
  readonly rows: readonly Row[];
  readonly columns: readonly Column<Row>[];
  readonly rowKey: (row: Row) => string;
  readonly initialSort: Sort;
  /** Shown when there are rows, but a filter left none. */
  readonly filtered?: boolean;
  readonly onClearFilter?: () => void;
  /** Rows that need a person. */
  readonly tone?: (row: Row) => "alarm" | "attention" | undefined;
}

export function DataTable<Row>(props: DataTableProps<Row>) {
  const narrow = useNarrow();
  const [sort, setSort] = useState(props.initialSort);
  const [shown, setShown] = useState(ROWS_STEP);
  const sorted = useSorted(props, sort);
  if (props.rows.length === 0 && props.filtered) return <NothingLeft {...props} />;
  const visible = sorted.slice(0, shown);
  return (
    <>
      {narrow ? (
        <Cards {...props} rows={visible} />
      ) : (
        <Rows {...props} rows={visible} sort={sort} onSort={setSort} />
      )}
      {sorted.length > shown && (
        <Group justify="center" py="xs">
          <Text size="sm" c="dimmed">
            {text.table.shownOf(shown, sorted.length)}
          </Text>
          <Button variant="default" size="xs" onClick={() => setShown(shown + ROWS_STEP)}>
            {text.table.more}
          </Button>
        </Group>
      )}
    </>
  );
}

function useSorted<Row>({ rows, columns }: DataTableProps<Row>, sort: Sort): readonly Row[] {
  const sortBy = columns.find((column) => column.key === sort.column)?.sortBy;
  return useMemo(
    () => (sortBy === undefined ? rows : sortRows(rows, sortBy, sort.descending)),
    [rows, sortBy, sort.descending],
  );
}

interface RowsProps<Row> extends DataTableProps<Row> {
  readonly sort: Sort;
  readonly onSort: (sort: Sort) => void;
}

function Rows<Row>({ label, rows, columns, rowKey, tone, sort, onSort }: RowsProps<Row>) {
  return (
    <Table.ScrollContainer minWidth={0} type="native" className="sp-table">
      <Table aria-label={label} verticalSpacing={5} highlightOnHover>
        <Table.Thead>
          <Table.Tr>
            {columns.map((column) => (
              <Head key={column.key} column={column} sort={sort} onSort={onSort} />
            ))}
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody onKeyDown={moveBetweenRows}>
          {rows.map((row) => (
            <Table.Tr key={rowKey(row)} data-tone={tone?.(row)}>
              {columns.map((column) => (
                <Table.Td
                  key={column.key}
                  data-align={column.align}
                  data-roomy={column.roomy}
                  data-actions={column.title === "" || undefined}
                >
                  {column.cell(row)}
                </Table.Td>
              ))}
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  );
}

interface HeadProps<Row> {
  readonly column: Column<Row>;
  readonly sort: Sort;
  readonly onSort: (sort: Sort) => void;
}

function Head<Row>({ column, sort, onSort }: HeadProps<Row>) {
  if (column.title === "")
    return (
      <Table.Td data-actions>
        <span className="sp-unseen">{text.table.actions}</span>
      </Table.Td>
    );
  if (column.sortBy === undefined)
    return (
      <Table.Th data-align={column.align} title={column.hint}>
        {column.title}
      </Table.Th>
    );
  const active = sort.column === column.key;
  const Arrow = sort.descending ? IconArrowDown : IconArrowUp;
  const order = sort.descending ? "descending" : "ascending";
  return (
    <Table.Th aria-sort={active ? order : "none"} data-align={column.align}>
      <UnstyledButton
        className="sp-sort"
        data-active={active || undefined}
        title={column.hint}
        onClick={() => onSort(nextSort(sort, column.key))}
      >
        {column.title}
        <Arrow size={12} aria-hidden className="sp-sort-arrow" />
      </UnstyledButton>
    </Table.Th>
  );
}

function Cards<Row>({ label, rows, columns, rowKey, tone }: DataTableProps<Row>) {
  const [first, ...rest] = columns;
  return (
    <ul aria-label={label} className="sp-cards">
      {rows.map((row) => (
        <li key={rowKey(row)} data-tone={tone?.(row)}>
          <div className="sp-card-head">{first?.cell(row)}</div>
          <dl>
            {rest
              .filter((column) => column.title !== "" && !column.hidden?.(row))
              .map((column) => (
                <div key={column.key} data-wide={column.wide}>
                  <dt title={column.hint}>{column.title}</dt>
                  <dd>{column.cell(row)}</dd>
                </div>
              ))}
          </dl>
          {rest
            .filter((column) => column.title === "")
            .map((column) => (
              <div key={column.key} className="sp-card-actions">
                {column.cell(row)}
              </div>
            ))}
        </li>
      ))}
    </ul>
  );
}

function NothingLeft<Row>({ onClearFilter }: DataTableProps<Row>) {
  return (
    <Empty
      title={text.table.nothingLeft}
      action={
        onClearFilter && (
          <Button variant="default" size="xs" mt="xs" onClick={onClearFilter}>
            {text.table.clearFilter}
          </Button>
        )
      }
    >
      {text.table.nothingLeftAdvice}
    </Empty>
  );
}
