/** Who looked into this recording or watched it live, from when to when, and at what part. */
import { Stack, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import type { LookView } from "../../broker/api/shapes/viewing.ts";
import { QueryView } from "../components/query-view.tsx";
import { clockTime, duration, localTime } from "../components/time-words.ts";
import { viewsQuery } from "../components/viewing.ts";
import { viewingText } from "../text/viewing.ts";

const words = viewingText.watched;

export function WhoLooked({ recording }: { readonly recording: string }) {
  const query = useQuery(viewsQuery(recording));
  return (
    <Stack gap={6} role="group" aria-label={words.title}>
      <Text fw={600} size="sm">
        {words.title}
      </Text>
      <QueryView query={query} failed={words.failed}>
        {(looks) =>
          looks.length === 0 ? (
            <Text size="sm" c="dimmed">
              {words.empty}
            </Text>
          ) : (
            <ul className="rp-people">
              {looks.map((look) => (
                <Look key={look.id} look={look} />
              ))}
            </ul>
          )
        }
      </QueryView>
    </Stack>
  );
}

function Look({ look }: { readonly look: LookView }) {
  const { who, how, address, fromMs, untilMs, seen } = look;
  if (how === "noted") {
    return (
      <li>
        {who}
        <div className="wb-dim">{localTime(fromMs)}</div>
      </li>
    );
  }
  return (
    <li>
      <strong>{who}</strong> {words.how[how]}
      <div className="wb-dim">
        {words.from(localTime(fromMs), duration(untilMs - fromMs))}
        {address !== null && ` · ${address}`}
      </div>
      {seen && (
        <div className="wb-dim">{words.part(clockTime(seen.fromMs), clockTime(seen.untilMs))}</div>
      )}
    </li>
  );
}
