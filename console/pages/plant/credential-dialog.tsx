/** Sets what an endpoint is signed in to with. What is typed leaves the page once and is forgotten. */
import {
  Button,
  Group,
  Modal,
  PasswordInput,
  SegmentedControl,
  Stack,
  Text,
  Textarea,
  TextInput,
} from "@mantine/core";
import { useState } from "react";
import { type NewCredential, setCredential } from "../../components/credentials.ts";
import { ProblemNotice } from "../../components/states.tsx";
import { credentialText as words } from "../../text/credentials.ts";

interface CredentialDialogProps {
  readonly endpoint: string;
  /** The one it is set for now, to begin with. */
  readonly user: string;
  readonly opened: boolean;
  readonly onClose: () => void;
}

export function CredentialDialog(props: CredentialDialogProps) {
  return (
    <Modal opened={props.opened} onClose={props.onClose} title={words.title(props.endpoint)}>
      <CredentialForm {...props} />
    </Modal>
  );
}

type Kind = NewCredential["kind"];

interface Draft {
  readonly kind: Kind;
  readonly user: string;
  readonly secret: string;
  readonly passphrase: string;
}

function CredentialForm({ endpoint, user, onClose }: CredentialDialogProps) {
  const [draft, setDraft] = useState<Draft>({ kind: "password", user, secret: "", passphrase: "" });
  const [busy, setBusy] = useState(false);
  const [thrown, setThrown] = useState<unknown>();
  const change = (part: Partial<Draft>) => setDraft((before) => ({ ...before, ...part }));

  async function save() {
    setBusy(true);
    setThrown(undefined);
    try {
      await setCredential(endpoint, credentialOf(draft));
      onClose();
    } catch (failure) {
      setThrown(failure);
    } finally {
      setBusy(false);
    }
  }

  return (
    <form
      autoComplete="off"
      onSubmit={(event) => {
        event.preventDefault();
        if (draft.secret !== "" && !busy) void save();
      }}
    >
      <Stack gap="sm">
        <Text size="sm">{words.explain}</Text>
        <SegmentedControl
          fullWidth
          size="xs"
          aria-label={words.kind.label}
          value={draft.kind}
          onChange={(kind) => change({ kind: kind === "key" ? "key" : "password", secret: "" })}
          data={[
            { value: "password", label: words.kind.password },
            { value: "key", label: words.kind.key },
          ]}
        />
        <TextInput
          label={words.user}
          value={draft.user}
          maxLength={256}
          autoComplete="off"
          data-autofocus
          onChange={(event) => change({ user: event.currentTarget.value })}
        />
        <Secret draft={draft} change={change} />
        {thrown !== undefined && <ProblemNotice thrown={thrown} title={words.notSet} />}
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={onClose}>
            {words.cancel}
          </Button>
          <Button type="submit" loading={busy} disabled={draft.secret === ""}>
            {words.save}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}

interface SecretProps {
  readonly draft: Draft;
  readonly change: (part: Partial<Draft>) => void;
}

function Secret({ draft, change }: SecretProps) {
  if (draft.kind === "password") {
    return (
      <PasswordInput
        label={words.password}
        value={draft.secret}
        autoComplete="new-password"
        onChange={(event) => change({ secret: event.currentTarget.value })}
      />
    );
  }
  return (
    <>
      <Textarea
        label={words.privateKey}
        value={draft.secret}
        rows={6}
        spellCheck={false}
        autoComplete="off"
        styles={{ input: { fontFamily: "var(--mantine-font-family-monospace)" } }}
        onChange={(event) => change({ secret: event.currentTarget.value })}
      />
      <PasswordInput
        label={words.passphrase}
        value={draft.passphrase}
        autoComplete="new-password"
        onChange={(event) => change({ passphrase: event.currentTarget.value })}
      />
    </>
  );
}

function credentialOf({ kind, user, secret, passphrase }: Draft): NewCredential {
  if (kind === "password") return { kind, user, password: secret };
  // A key that was pasted without its last line break is none for OpenSSH's readers.
  const privateKey = `${secret.trim()}\n`;
  return { kind, user, privateKey, ...(passphrase !== "" && { passphrase }) };
}
