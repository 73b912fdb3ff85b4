/** What a native tool asks for: who picks its number signs exactly that session. */
import "./native.css";
import { Button, Group, Radio, Stack, Text, Title } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Link, useParams } from "react-router";
import type { NativeAskView } from "../../../broker/api/shapes/native.ts";
import { approveNative, nativeAskQuery, refuseNative } from "../../components/native.ts";
import { useNow } from "../../components/now.ts";
import { Page } from "../../components/page.tsx";
import { isProblem } from "../../components/problem.ts";
import { QueryView } from "../../components/query-view.tsx";
import { Empty, ProblemNotice } from "../../components/states.tsx";
import { duration } from "../../components/time-words.ts";
import { nativeText as words } from "../../text/native.ts";

type Outcome = { readonly kind: "refused" } | { readonly kind: "opened"; readonly session: string };

export function NativePage() {
  const { id = "" } = useParams();
  const query = useQuery(nativeAskQuery(id));
  const [outcome, setOutcome] = useState<Outcome | undefined>(undefined);
  const isGone = query.data === undefined && isProblem(query.error, "not-found");
  return (
    <Page title={words.title}>
      {outcome ? (
        <Settled outcome={outcome} />
      ) : isGone ? (
        <Empty title={words.gone}>{words.goneBody}</Empty>
      ) : (
        <QueryView query={query} failed={words.failed}>
          {(ask) => <Asking ask={ask} onSettled={setOutcome} />}
        </QueryView>
      )}
    </Page>
  );
}

function Settled({ outcome }: { readonly outcome: Outcome }) {
  if (outcome.kind === "refused") return <Empty title={words.refused}>{words.refusedBody}</Empty>;
  return (
    <Empty
      title={words.opened}
      action={
        <Button component={Link} to={`/live/${outcome.session}`} variant="default" mt="xs">
          {words.toSession}
        </Button>
      }
    >
      {words.openedBody}
    </Empty>
  );
}

interface AskingProps {
  readonly ask: NativeAskView;
  readonly onSettled: (outcome: Outcome) => void;
}

function Asking({ ask, onSettled }: AskingProps) {
  const nowMs = useNow();
  const leftMs = ask.untilMs - nowMs;
  if (leftMs <= 0) return <Empty title={words.gone}>{words.goneBody}</Empty>;
  return (
    <section className="nt-card sp-panel" aria-label={words.title}>
      <dl className="nt-facts">
        <dt>{words.asset}</dt>
        <dd>
          {ask.assetName === null ? ask.target : <strong>{ask.assetName}</strong>}{" "}
          <span className="sp-mono">{ask.endpoint}</span>
        </dd>
        <dt>{words.from}</dt>
        <dd className="sp-mono">{ask.address}</dd>
        <dt>{words.tool}</dt>
        <dd>{ask.tool}</dd>
        {ask.key !== null && (
          <>
            <dt>{words.key}</dt>
            <dd>{words.yourKey(ask.key)}</dd>
          </>
        )}
        <dt>{words.asked}</dt>
        <dd>{words.left(duration(leftMs))}</dd>
      </dl>
      {ask.endpoint === null ? (
        <div>
          <Title order={2} size="h5">
            {words.mayNot(ask.target)}
          </Title>
          <Text size="sm">{words.mayNotBody}</Text>
        </div>
      ) : (
        <Answers ask={ask} onSettled={onSettled} />
      )}
    </section>
  );
}

function Answers({ ask, onSettled }: AskingProps) {
  const [busy, setBusy] = useState(false);
  const [grant, setGrant] = useState(ask.grants[0]?.id);
  const [thrown, setThrown] = useState<unknown>();
  const run = async (work: () => Promise<Outcome>) => {
    setBusy(true);
    setThrown(undefined);
    try {
      onSettled(await work());
    } catch (failure) {
      setThrown(failure);
    } finally {
      setBusy(false);
    }
  };
  const choose = (number: number) =>
    run(async () => ({ kind: "opened", ...(await approveNative(ask.id, number, grant)) }));
  const refuse = () =>
    run(async () => {
      await refuseNative(ask.id);
      return { kind: "refused" };
    });
  return (
    <>
      {ask.grants.length > 1 && (
        <Radio.Group label={words.rights} value={grant ?? ""} onChange={setGrant}>
          <Stack gap="xs" mt="xs">
            {ask.grants.map(({ id, profile, description }) => (
              <Radio key={id} value={id} label={profile} description={description} />
            ))}
          </Stack>
        </Radio.Group>
      )}
      <div>
        <Title order={2} size="h5">
          {words.pick}
        </Title>
        <Text size="sm">{words.pickBody}</Text>
      </div>
      {thrown !== undefined && <ProblemNotice thrown={thrown} title={words.notOpened} />}
      <Group gap="sm" grow>
        {ask.choices.map((number) => (
          <Button
            key={number}
            size="xl"
            variant="default"
            className="nt-number"
            disabled={busy}
            onClick={() => void choose(number)}
          >
            {words.choose(number)}
          </Button>
        ))}
      </Group>
      <Button variant="subtle" disabled={busy} onClick={() => void refuse()}>
        {words.refuse}
      </Button>
    </>
  );
}
