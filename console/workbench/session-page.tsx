/** A live session of one's own: finds it, and opens the workbench of its protocol. */
import { Button } from "@mantine/core";
import { type UseQueryResult, useQuery } from "@tanstack/react-query";
import { Link, useParams } from "react-router";
import { type Fetched, fetched } from "../components/fetched.tsx";
import { Page } from "../components/page.tsx";
import { isProblem } from "../components/problem.ts";
import { plantQuery, sessionQuery, sessionsQuery } from "../components/queries.ts";
import { QueryView } from "../components/query-view.tsx";
import { Empty } from "../components/states.tsx";
import { sessionText as words } from "../text/session.ts";
import { useMayReplay } from "./use-may-replay.ts";
import { Visit } from "./visit.tsx";
import type { WorkbenchProps } from "./workbench-props.ts";

/** Loaded when a session of the protocol is opened. A protocol joins with a line here. */
const WORKBENCHES: Readonly<Record<string, Fetched<WorkbenchProps>>> = {
  modbus: fetched(async () => (await import("./modbus/modbus-work.tsx")).ModbusWork),
  opcua: fetched(async () => (await import("./opcua/opcua-work.tsx")).OpcUaWork),
  ssh: fetched(async () => (await import("./ssh/ssh-work.tsx")).SshWork),
  vnc: fetched(async () => (await import("./vnc/vnc-work.tsx")).VncWork),
  tcp: fetched(async () => (await import("./relay/relay-work.tsx")).RelayWork),
  web: fetched(async () => (await import("./web/web-work.tsx")).WebWork),
};

export function SessionPage() {
  const { id = "" } = useParams();
  const session = useQuery(sessionQuery(id));
  const sessions = useQuery(sessionsQuery);
  // From the list while its own answer is on its way: the other tabs stay open meanwhile.
  const view = session.data ?? sessions.data?.find((each) => each.id === id);
  if (view !== undefined) {
    return <Visit view={view}>{(each) => <SessionTab key={each} id={each} />}</Visit>;
  }
  if (isProblem(session.error, "not-found")) return <SessionGone id={id} />;
  return <Waiting query={session} />;
}

function SessionTab({ id }: { readonly id: string }) {
  const session = useQuery(sessionQuery(id));
  const plant = useQuery(plantQuery);
  if (session.data === undefined && isProblem(session.error, "not-found")) {
    return <SessionGone id={id} />;
  }
  // Once there, the work stays: a session that ends meanwhile is told by its own event.
  if (session.data === undefined) return <Waiting query={session} />;
  if (plant.data === undefined) return <Waiting query={plant} />;
  const { data: view } = session;
  const endpoints = plant.data.assets.flatMap((asset) => asset.endpoints);
  const endpoint = endpoints.find((one) => one.id === view.endpoint);
  const Workbench = WORKBENCHES[view.protocol];
  if (Workbench === undefined) return <Page title={words.untitled}>{words.noWorkbench}</Page>;
  return <Workbench key={view.id} view={view} endpoint={endpoint} />;
}

function Waiting({ query }: { readonly query: UseQueryResult<unknown> }) {
  return (
    <Page title={words.untitled}>
      <QueryView query={query} failed={words.failed}>
        {() => null}
      </QueryView>
    </Page>
  );
}

function SessionGone({ id }: { readonly id: string }) {
  const mayReplay = useMayReplay();
  return (
    <Page title={words.untitled}>
      <Empty
        title={words.goneTitle}
        action={
          <Button component={Link} to={mayReplay ? `/recordings/${id}` : "/"} mt="xs">
            {mayReplay ? words.toRecording : words.toPlant}
          </Button>
        }
      >
        {words.gone}
      </Empty>
    </Page>
  );
}
