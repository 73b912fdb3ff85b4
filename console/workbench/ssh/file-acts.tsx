/** What may be done with one file; whether it is permitted there the broker decides. */
import { ActionIcon, Button, Group, Modal, Stack, TextInput, Tooltip } from "@mantine/core";
import { IconDownload, IconPencil, IconTrash } from "@tabler/icons-react";
import { type ReactNode, useState } from "react";
import { ConfirmDialog } from "../../components/confirm-dialog.tsx";
import { filesText as words } from "../../text/files.ts";
import { type FileEntry, safeName } from "./files.ts";
import type { FilesDesk } from "./files-desk.ts";

interface FileActsProps {
  readonly desk: FilesDesk;
  readonly entry: FileEntry;
  readonly may: readonly string[];
}

export function FileActs({ desk, entry, may }: FileActsProps) {
  const [doing, setDoing] = useState<"rename" | "remove" | undefined>();
  const { name, shown, kind, size } = entry;
  if (name === undefined || kind !== "file") return null;
  const close = () => setDoing(undefined);
  return (
    <Group gap={2} wrap="nowrap" justify="flex-end">
      {may.includes("file:read") && (
        <Act
          label={words.download(shown)}
          act={() => void desk.download(name, size, (content) => save(name, content))}
        >
          <IconDownload size={15} />
        </Act>
      )}
      {may.includes("file:rename") && (
        <Act label={words.rename(shown)} act={() => setDoing("rename")}>
          <IconPencil size={15} />
        </Act>
      )}
      {may.includes("file:remove") && (
        <Act label={words.remove(shown)} act={() => setDoing("remove")}>
          <IconTrash size={15} />
        </Act>
      )}
      <Modal opened={doing === "rename"} onClose={close} title={words.renameTitle(shown)}>
        <Rename
          name={name}
          onClose={close}
          onRename={(to) => {
            close();
            void desk.rename(name, to);
          }}
        />
      </Modal>
      <ConfirmDialog
        opened={doing === "remove"}
        onClose={close}
        title={words.removeTitle(shown)}
        action={words.removeAct}
        harmful
        onConfirm={() => desk.remove(name)}
      >
        {words.removeBody}
      </ConfirmDialog>
    </Group>
  );
}

interface ActProps {
  readonly label: string;
  readonly act: () => void;
  readonly children: ReactNode;
}

function Act({ label, act, children }: ActProps) {
  return (
    <Tooltip label={label}>
      <ActionIcon variant="subtle" size="sm" aria-label={label} onClick={act}>
        {children}
      </ActionIcon>
    </Tooltip>
  );
}

interface RenameProps {
  readonly name: string;
  readonly onClose: () => void;
  readonly onRename: (to: string) => void;
}

function Rename({ name, onClose, onRename }: RenameProps) {
  const [to, setTo] = useState(name);
  const isName = to !== "" && to !== name && !/[/\0]/.test(to) && to !== "." && to !== "..";
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        if (isName) onRename(to);
      }}
    >
      <Stack gap="sm">
        <TextInput
          label={words.newName}
          value={to}
          maxLength={255}
          data-autofocus
          onChange={(event) => setTo(event.currentTarget.value)}
        />
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={onClose}>
            {words.cancel}
          </Button>
          <Button type="submit" disabled={!isName}>
            {words.renameAct}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}

function save(name: string, content: Blob): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(content);
  link.download = safeName(name);
  link.click();
  // The browser has begun to read it by then.
  setTimeout(() => URL.revokeObjectURL(link.href), SAVE_MS);
}

const SAVE_MS = 60_000;
