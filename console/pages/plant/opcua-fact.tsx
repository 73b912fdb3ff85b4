/** How an OPC UA client of one's own comes in: with a ticket, for one session. */
import { Button, Group, Modal, Stack, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Fragment, useState } from "react";
import { Link } from "react-router";
import type { OpcuaTicketView } from "../../../broker/api/shapes/native.ts";
import type { EndpointView, MyGrantView } from "../../../broker/api/shapes/plant.ts";
import { Copyable } from "../../components/copyable.tsx";
import { useRight } from "../../components/me.ts";
import { doorsQuery, opcuaTicket } from "../../components/native.ts";
import { useNow } from "../../components/now.ts";
import { ProblemNotice } from "../../components/states.tsx";
import { duration } from "../../components/time-words.ts";
import { opcuaDoorText as words } from "../../text/opcua-door.ts";

export function OpcuaFact({ endpoint }: { readonly endpoint: EndpointView }) {
  const mayOpen = useRight("session:open");
  const { data } = useQuery({ ...doorsQuery, enabled: mayOpen });
  const [busy, setBusy] = useState(false);
  const [thrown, setThrown] = useState<unknown>();
  const [ticket, setTicket] = useState<OpcuaTicketView>();
  const ways = endpoint.grants.filter(({ live }) => live);
  if (!data?.opcua || ways.length === 0) return null;
  const get = async ({ id }: MyGrantView) => {
    setBusy(true);
    setThrown(undefined);
    try {
      setTicket(await opcuaTicket(endpoint.id, id));
    } catch (failure) {
      setThrown(failure);
    } finally {
      setBusy(false);
    }
  };
  return (
    <>
      <dt>{words.own}</dt>
      <dd>
        <Group gap={6}>
          {ways.map((way, at) => (
            <Button
              key={way.id}
              variant="default"
              size="compact-xs"
              disabled={busy}
              onClick={() => void get(way)}
            >
              {at === 0 ? words.get : words.getAs(way.profile)}
            </Button>
          ))}
        </Group>
        {thrown !== undefined && <ProblemNotice thrown={thrown} title={words.failed} />}
        <Modal opened={ticket !== undefined} onClose={() => setTicket(undefined)} title={words.own}>
          {ticket && <Ticket ticket={ticket} />}
        </Modal>
      </dd>
    </>
  );
}

function Ticket({ ticket }: { readonly ticket: OpcuaTicketView }) {
  const leftMs = ticket.untilMs - useNow();
  const address = words.address(location.hostname, ticket.port, ticket.path);
  const facts = [
    [words.addressName, address],
    [words.user, ticket.user],
    [words.ticket, ticket.ticket],
    [words.certificate, ticket.thumbprint],
  ] as const;
  return (
    <Stack gap="sm">
      <Text size="sm">{words.how}</Text>
      <dl className="sp-asset-facts">
        {facts.map(([name, value]) => (
          <Fragment key={name}>
            <dt>{name}</dt>
            <dd>
              <Copyable value={value} what={name} />
            </dd>
          </Fragment>
        ))}
      </dl>
      <Text size="sm" role="status">
        {leftMs > 0 ? words.left(duration(leftMs)) : words.over}
      </Text>
      <Button component={Link} to={`/live/${ticket.session}`} variant="default" size="xs">
        {words.toSession}
      </Button>
    </Stack>
  );
}
