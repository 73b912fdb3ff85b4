/** For who may change the plant: all variables below a node, as rows for its file. */
import { Button, Group, Modal, Text } from "@mantine/core";
import { useRef, useState } from "react";
import { Link } from "react-router";
import { useRight } from "../../components/me.ts";
import { handSheet } from "../../components/plant-import.ts";
import { opcuaText } from "../../text/opcua.ts";
import type { OpcUaDesk } from "./desk.ts";
import type { NodeDetails } from "./node-details.ts";
import { type Surveyed, sheetOf, survey } from "./survey.ts";

const words = opcuaText.survey;

interface SurveyButtonProps {
  readonly desk: OpcUaDesk;
  readonly details: NodeDetails;
}

export function SurveyButton({ desk, details }: SurveyButtonProps) {
  const mayChange = useRight("plant:change");
  const [opened, setOpened] = useState(false);
  const [shown, setShown] = useState<{ found: number; asked: number; surveyed?: Surveyed }>();
  const going = useRef(false);
  if (!mayChange) return null;

  async function begin() {
    going.current = true;
    setShown({ found: 0, asked: 0 });
    setOpened(true);
    const { node, name, nodeClass } = details;
    const surveyed = await survey(
      { node, name, nodeClass },
      {
        browse: (at) => desk.questions.browse({ node: at, direction: "forward" }),
        nameOf: (at) => desk.fullName(at),
        isKnown: (at) => desk.tagOf(at) !== undefined,
        goOn: (found, asked) => {
          setShown({ found, asked });
          return going.current;
        },
      },
    );
    setShown((last) => last && { ...last, surveyed });
  }
  function close() {
    going.current = false;
    setOpened(false);
  }
  return (
    <>
      <Button size="xs" variant="default" onClick={() => void begin()}>
        {words.open}
      </Button>
      <Modal opened={opened} onClose={close} title={words.title}>
        <Text size="sm">{words.lead}</Text>
        <Text size="sm" role="status" my="sm">
          {shown && wordsOf(shown)}
        </Text>
        <Group gap="xs">
          {shown?.surveyed ? (
            <Button
              component={Link}
              to="/plant-file"
              target="_blank"
              disabled={shown.surveyed.rows.length === 0}
              onClick={() => {
                const csv = sheetOf(shown.surveyed?.rows ?? []);
                handSheet({ csv, endpoint: desk.endpoint });
                close();
              }}
            >
              {words.take}
            </Button>
          ) : (
            <Button
              variant="default"
              onClick={() => {
                going.current = false;
              }}
            >
              {words.enough}
            </Button>
          )}
        </Group>
      </Modal>
    </>
  );
}

interface Shown {
  readonly found: number;
  readonly asked: number;
  readonly surveyed?: Surveyed;
}

function wordsOf({ found, asked, surveyed }: Shown): string {
  if (!surveyed) return words.going(found, asked);
  const { rows, isPart, problem } = surveyed;
  const said = [words.found(rows.length), isPart && words.part, problem];
  return said.filter((each) => typeof each === "string").join(" ");
}
