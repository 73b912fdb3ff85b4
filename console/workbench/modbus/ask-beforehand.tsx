/** A write for a tool that cannot wait is put before a supervisor before the tool sends it. */
import { Button, Text } from "@mantine/core";
import { useState } from "react";
import { useParams } from "react-router";
import type { TagView } from "../../../broker/api/shapes/plant.ts";
import { ProblemNotice } from "../../components/states.tsx";
import { askBeforehand } from "../../components/supervision.ts";
import { supervisionText } from "../../text/supervision.ts";

const words = supervisionText.holds.beforehand;

interface AskBeforehandProps {
  readonly tag: TagView;
  /** As they would be written. */
  readonly registers: readonly number[];
}

export function AskBeforehand({ tag, registers }: AskBeforehandProps) {
  const { id = "" } = useParams();
  const [asked, setAsked] = useState<"no" | "asking" | "asked">("no");
  const [thrown, setThrown] = useState<unknown>();
  const { unitId: unit, table, address } = tag;
  if (table !== "coils" && table !== "holding-registers") return null;
  if (asked === "asked") {
    return (
      <p className="wb-quiet" role="status">
        <strong>{words.done}.</strong> {words.doneBody}
      </p>
    );
  }

  async function send(to: "coils" | "holding-registers") {
    setAsked("asking");
    setThrown(undefined);
    try {
      await askBeforehand(id, { unit, table: to, address, values: registers });
      setAsked("asked");
    } catch (failure) {
      setThrown(failure);
      setAsked("no");
    }
  }

  return (
    <div>
      {thrown !== undefined && <ProblemNotice thrown={thrown} title={words.failed} />}
      <Button
        variant="default"
        size="compact-sm"
        loading={asked === "asking"}
        onClick={() => void send(table)}
      >
        {words.act}
      </Button>
      <Text size="xs" c="dimmed" mt={4}>
        {words.advice}
      </Text>
    </div>
  );
}
