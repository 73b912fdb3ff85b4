/** What a change would have done to past sessions: begun, followed, stopped, and each moment linked. */
import { Button, Group, NumberInput, Progress, Text, Title } from "@mantine/core";
import { useState } from "react";
import { Link } from "react-router";
import type {
  DifferenceView,
  WhatIfOrder,
  WhatIfView,
} from "../../../broker/api/shapes/what-if.ts";
import { type Column, DataTable } from "../../components/data-table.tsx";
import { ProblemNotice } from "../../components/states.tsx";
import { LocalTime } from "../../components/time.tsx";
import { useWhatIf } from "../../components/what-if.ts";
import { whatIfText as words } from "../../text/what-if.ts";

const DAYS = 30;
const DAYS_MAX = 3_650;
const MOMENTS_SHOWN = 3;

interface WhatIfProps {
  /** Changes whenever what is tried does. */
  readonly tried: Pick<WhatIfOrder, "files" | "plant" | "plan">;
  /** It can be judged: the change is a valid one. */
  readonly ready: boolean;
  readonly required?: boolean;
}

export function WhatIf({ tried, ready, required = false }: WhatIfProps) {
  const { shown, thrown, running, start, stop } = useWhatIf();
  const [days, setDays] = useState(DAYS);
  const [of, setOf] = useState<WhatIfProps["tried"]>();
  const begin = () => {
    setOf(tried);
    return start({ ...tried, days });
  };
  return (
    <section className="sp-what-if" aria-label={words.title}>
      <Title order={2} size="h5">
        {words.title}
      </Title>
      <Text size="sm" c="dimmed">
        {words.lead} {required && words.required}
      </Text>
      <Group gap="xs" align="flex-end">
        <NumberInput
          size="xs"
          label={words.days}
          value={days}
          min={1}
          max={DAYS_MAX}
          allowDecimal={false}
          suffix=" days"
          onChange={(value) => setDays(Math.max(1, Number(value) || 1))}
        />
        {running ? (
          <Button size="xs" variant="default" onClick={() => void stop()}>
            {words.cancel}
          </Button>
        ) : (
          <Button size="xs" variant="default" disabled={!ready} onClick={() => void begin()}>
            {shown ? words.again : words.run}
          </Button>
        )}
      </Group>
      {thrown !== undefined && <ProblemNotice thrown={thrown} title={words.failed} />}
      <div role="status">
        {shown && of !== tried && !running && <Text size="sm">{words.stale}</Text>}
        {shown && running && <Running shown={shown} />}
        {shown?.state === "failed" && <Text size="sm">{`${words.failed}: ${shown.reason}`}</Text>}
        {shown?.state === "done" && <Text size="sm">{summaryOf(shown)}</Text>}
      </div>
      {shown && shown.differences.length > 0 && (
        <DataTable
          label={words.label}
          rows={shown.differences}
          columns={COLUMNS}
          rowKey={({ endpoint, profile, what, before, after }) =>
            [endpoint, profile, what, before.rule, after.verdict, after.rule].join(" ")
          }
          initialSort={{ column: "times", descending: true }}
        />
      )}
    </section>
  );
}

function Running({ shown: { state, sessions, all, operations } }: { readonly shown: WhatIfView }) {
  if (state === "waiting") return <Text size="sm">{words.waiting}</Text>;
  return (
    <>
      <Text size="sm">{words.progress(sessions, all, operations)}</Text>
      <Progress size="sm" value={all === 0 ? 0 : (100 * sessions) / all} aria-label={words.title} />
    </>
  );
}

function summaryOf({ sessions, operations, differences, more, leftOut }: WhatIfView): string {
  const said =
    differences.length === 0
      ? words.nothing(sessions, operations)
      : words.found(differences.length, sessions, operations);
  const rest = [more > 0 && words.more(more), leftOut > 0 && words.leftOut(leftOut)];
  return [said, ...rest.filter((each) => each !== false)].join(" ");
}

const COLUMNS: Column<DifferenceView>[] = [
  {
    key: "what",
    title: words.what,
    sortBy: ({ what }) => what,
    cell: ({ what, endpoint, profile }) => (
      <>
        <strong className="sp-strong">{what}</strong>
        <div className="sp-sub sp-mono">{`${endpoint} · ${profile}`}</div>
      </>
    ),
  },
  {
    key: "times",
    title: words.times,
    align: "right",
    sortBy: ({ count }) => count,
    cell: ({ count }) => count.toLocaleString("en-US"),
  },
  {
    key: "before",
    title: words.before,
    sortBy: ({ before }) => before.verdict,
    cell: ({ before }) => <Said verdict={before.verdict} rule={before.rule} />,
  },
  {
    key: "after",
    title: words.after,
    sortBy: ({ after }) => after.verdict,
    cell: ({ after }) => <Said verdict={after.verdict} rule={after.rule} reason={after.reason} />,
  },
  {
    key: "moments",
    title: words.moments,
    wide: true,
    cell: ({ moments, count }) => (
      <>
        {moments.slice(0, MOMENTS_SHOWN).map(({ session, sequence, wallMs, person }) => (
          <div key={`${session} ${sequence}`}>
            <Link to={`/recordings/${session}?at=${sequence}`}>
              {person}, <LocalTime atMs={wallMs} />
            </Link>
          </div>
        ))}
        {count > MOMENTS_SHOWN && (
          <span className="sp-sub">{words.others(count - MOMENTS_SHOWN)}</span>
        )}
      </>
    ),
  },
];

interface SaidProps {
  readonly verdict: string;
  readonly rule: string;
  readonly reason?: string;
}

function Said({ verdict, rule, reason }: SaidProps) {
  return (
    <span title={reason}>
      {words.verdict[verdict] ?? verdict}
      <div className="sp-sub sp-mono">{words.by(rule)}</div>
    </span>
  );
}
