/** Polling: on or off, how often, and whether the asset keeps up. */
import { Button, NativeSelect } from "@mantine/core";
import { IconPlayerPauseFilled, IconPlayerPlayFilled, IconRefresh } from "@tabler/icons-react";
import { duration } from "../../components/time-words.ts";
import { workbenchText } from "../../text/workbench.ts";
import type { Polling } from "./use-polling.ts";

const words = workbenchText.poll;

export function PollTools({ polling }: { readonly polling: Polling }) {
  const slow = polling.on && polling.periodMs > polling.chosenMs * SLOW_FACTOR;
  return (
    <>
      <Button
        size="xs"
        variant={polling.on ? "default" : "filled"}
        leftSection={
          polling.on ? <IconPlayerPauseFilled size={13} /> : <IconPlayerPlayFilled size={13} />
        }
        onClick={polling.toggle}
      >
        {polling.on ? words.stop : words.start}
      </Button>
      <NativeSelect
        size="xs"
        aria-label={words.every}
        value={String(polling.chosenMs)}
        onChange={(event) => polling.choose(Number(event.currentTarget.value))}
        data={polling.choices.map((ms) => ({
          value: String(ms),
          label: `${words.every.toLowerCase()} ${words.rate(ms)}`,
        }))}
      />
      <Button
        size="xs"
        variant="default"
        leftSection={<IconRefresh size={14} />}
        onClick={polling.once}
      >
        {words.once}
      </Button>
      {slow && <span className="wb-dim">{words.slower(duration(polling.periodMs))}</span>}
    </>
  );
}

/** Less than this is the usual jitter and nothing to tell. */
const SLOW_FACTOR = 1.5;
