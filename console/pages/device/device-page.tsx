/** A command on a machine asks to act for a person: who picks its number signs exactly that. */
import "../native/native.css";
import { Button, Checkbox, Group, Text, TextInput, Title } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { Link, useNavigate, useParams } from "react-router";
import type { MachineAskView } from "../../../broker/api/shapes/machines.ts";
import { approveMachine, machineAskQuery, refuseMachine } from "../../components/device.ts";
import { useNow } from "../../components/now.ts";
import { Page } from "../../components/page.tsx";
import { isProblem } from "../../components/problem.ts";
import { QueryView } from "../../components/query-view.tsx";
import { Empty, ProblemNotice } from "../../components/states.tsx";
import { duration } from "../../components/time-words.ts";
import { deviceText as words } from "../../text/device.ts";
import { devicesText } from "../../text/devices.ts";

type Outcome = "done" | "refused";

export function DevicePage() {
  const { code } = useParams();
  return <Page title={words.title}>{code ? <Asked code={code} /> : <TypeCode />}</Page>;
}

function TypeCode() {
  const navigate = useNavigate();
  const [code, setCode] = useState("");
  const look = (event: FormEvent) => {
    event.preventDefault();
    if (code.trim() !== "") navigate(`/device/${encodeURIComponent(code.trim().toUpperCase())}`);
  };
  return (
    <form className="nt-card sp-panel" aria-label={words.typeTitle} onSubmit={look}>
      <Title order={2} size="h5">
        {words.typeTitle}
      </Title>
      <TextInput
        label={words.code}
        value={code}
        placeholder="WDJB-MJHT"
        autoComplete="off"
        onChange={(event) => setCode(event.currentTarget.value)}
      />
      <Button type="submit" disabled={code.trim() === ""}>
        {words.look}
      </Button>
    </form>
  );
}

function Asked({ code }: { readonly code: string }) {
  const query = useQuery(machineAskQuery(code));
  const [outcome, setOutcome] = useState<Outcome | undefined>(undefined);
  if (outcome === "refused") return <Empty title={words.refused}>{words.refusedBody}</Empty>;
  if (outcome === "done") return <Done />;
  if (query.data === undefined && isProblem(query.error, "not-found")) {
    return <Empty title={words.gone}>{words.goneBody}</Empty>;
  }
  return (
    <QueryView query={query} failed={words.failed}>
      {(ask) => <Asking ask={ask} onSettled={setOutcome} />}
    </QueryView>
  );
}

function Done() {
  return (
    <Empty
      title={words.done}
      action={
        <Button component={Link} to="/account" variant="default" mt="xs">
          {words.toAccount}
        </Button>
      }
    >
      {words.doneBody}
    </Empty>
  );
}

interface AskingProps {
  readonly ask: MachineAskView;
  readonly onSettled: (outcome: Outcome) => void;
}

function Asking({ ask, onSettled }: AskingProps) {
  const nowMs = useNow();
  const leftMs = ask.untilMs - nowMs;
  if (leftMs <= 0) return <Empty title={words.gone}>{words.goneBody}</Empty>;
  return (
    <section className="nt-card sp-panel" aria-label={words.title}>
      <dl className="nt-facts">
        <dt>{words.machine}</dt>
        <dd>
          <strong>{ask.machine}</strong>
        </dd>
        <dt>{words.from}</dt>
        <dd className="sp-mono">{ask.address}</dd>
        <dt>{words.tool}</dt>
        <dd>{ask.tool}</dd>
        <dt>{words.key}</dt>
        <dd className="sp-mono">{ask.keyThumbprint}</dd>
        <dt>{words.asked}</dt>
        <dd>{words.left(duration(leftMs))}</dd>
      </dl>
      {ask.token && <TokenWished token={ask.token} />}
      <Text size="sm">{ask.token ? words.tokenMeans : words.means}</Text>
      <Answers ask={ask} onSettled={onSettled} />
    </section>
  );
}

type Wish = NonNullable<MachineAskView["token"]>;

/** Instead of a sign-in: exactly this is signed. */
function TokenWished({ token }: { readonly token: Wish }) {
  return (
    <section aria-label={words.tokenTitle}>
      <Title order={2} size="h5">
        {words.tokenTitle}
      </Title>
      <dl className="nt-facts">
        <dt>{words.tokenName}</dt>
        <dd>
          <strong>{token.name}</strong>
        </dd>
        <dt>{words.tokenRights}</dt>
        <dd>{token.rights.join(", ")}</dd>
        <dt>{words.tokenAssets}</dt>
        <dd>{token.assets?.join(", ") ?? words.tokenAllAssets}</dd>
        <dt>{words.tokenLife}</dt>
        <dd>{duration(token.lifeMs)}</dd>
        <dt>{words.tokenKey}</dt>
        <dd>{token.bound ? words.tokenBound : words.tokenFree}</dd>
      </dl>
    </section>
  );
}

function Answers({ ask, onSettled }: AskingProps) {
  const [busy, setBusy] = useState(false);
  const [here, setHere] = useState(false);
  const [thrown, setThrown] = useState<unknown>();
  const run = async (work: () => Promise<void>, outcome: Outcome) => {
    setBusy(true);
    setThrown(undefined);
    try {
      await work();
      onSettled(outcome);
    } catch (failure) {
      setThrown(failure);
    } finally {
      setBusy(false);
    }
  };
  return (
    <>
      <div>
        <Title order={2} size="h5">
          {words.pick}
        </Title>
        <Text size="sm">{words.pickBody}</Text>
      </div>
      {thrown !== undefined && <ProblemNotice thrown={thrown} title={words.notDone} />}
      <Checkbox
        label={devicesText.here}
        description={devicesText.hereAdvice}
        checked={here}
        onChange={(event) => setHere(event.currentTarget.checked)}
      />
      <Group gap="sm" grow>
        {ask.choices.map((number) => (
          <Button
            key={number}
            size="xl"
            variant="default"
            className="nt-number"
            disabled={busy}
            onClick={() => void run(() => approveMachine(ask.code, number, here), "done")}
          >
            {number}
          </Button>
        ))}
      </Group>
      <Button
        variant="subtle"
        disabled={busy}
        onClick={() => void run(() => refuseMachine(ask.code), "refused")}
      >
        {words.refuse}
      </Button>
    </>
  );
}
