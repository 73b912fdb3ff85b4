/** Makes a further passkey for the signed-in person. */
import { Button, Group, TextInput } from "@mantine/core";
import { useState } from "react";
import { enrolText } from "../text/sign-in.ts";
import { api } from "./api.ts";
import { makePasskey } from "./passkey.ts";
import { queryClient } from "./queries.ts";
import { ProblemNotice } from "./states.tsx";
import { withFreshAssertion } from "./step-up.ts";

interface AddPasskeyProps {
  readonly initialLabel: string;
  readonly action: string;
  readonly failed: string;
  readonly onAdded: () => void;
}

export function AddPasskey({ initialLabel, action, failed, onAdded }: AddPasskeyProps) {
  const [label, setLabel] = useState(initialLabel);
  const [busy, setBusy] = useState(false);
  const [thrown, setThrown] = useState<unknown>();

  async function add() {
    setBusy(true);
    setThrown(undefined);
    try {
      const { options } = await withFreshAssertion(api.passkeyOptions);
      await api.addPasskey(label.trim(), await makePasskey(options));
      await queryClient.invalidateQueries({ queryKey: ["me"] });
      onAdded();
    } catch (failure) {
      setThrown(failure);
    } finally {
      setBusy(false);
    }
  }

  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        void add();
      }}
    >
      {thrown !== undefined && <ProblemNotice thrown={thrown} title={failed} />}
      <Group align="flex-end" gap="xs">
        <TextInput
          label={enrolText.label}
          value={label}
          maxLength={enrolText.labelLengthMax}
          onChange={(event) => setLabel(event.currentTarget.value)}
          style={{ flex: "1 1 200px" }}
        />
        <Button type="submit" variant="default" loading={busy} disabled={label.trim() === ""}>
          {action}
        </Button>
      </Group>
    </form>
  );
}
