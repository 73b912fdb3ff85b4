/** The files of an asset: folders, what may be done with each file, and what is on its way. */
import { Anchor, Breadcrumbs, Button, FileButton } from "@mantine/core";
import {
  IconFile,
  IconFolder,
  IconQuestionMark,
  IconRefresh,
  IconUpload,
} from "@tabler/icons-react";
import { useEffect, useState, useSyncExternalStore } from "react";
import { ConfirmDialog } from "../../components/confirm-dialog.tsx";
import { byteSize } from "../../components/sizes.ts";
import { Empty, Loading } from "../../components/states.tsx";
import { LocalTime } from "../../components/time.tsx";
import { filesText as words } from "../../text/files.ts";
import { sentence } from "../../text/session.ts";
import { Notice } from "../session-notices.tsx";
import { FileActs } from "./file-acts.tsx";
import { type FileEntry, pathIn, plainName } from "./files.ts";
import type { Failure, FilesDesk, FilesState } from "./files-desk.ts";
import { Transfers } from "./transfers.tsx";

interface FilesPanelProps {
  readonly desk: FilesDesk;
  /** Actions that the profile permits on some path. */
  readonly may: readonly string[];
  readonly attached: boolean;
}

export function FilesPanel({ desk, may, attached }: FilesPanelProps) {
  const state = useSyncExternalStore(desk.subscribe, desk.state);
  useEffect(() => {
    if (attached) void desk.look();
  }, [desk, attached]);
  return (
    <section className="ssh-files" aria-label={words.title}>
      <div className="wb-tools">
        <Trail path={state.path} onLook={(path) => void desk.look(path)} />
        <span className="wb-grow" />
        <Button
          size="xs"
          variant="default"
          leftSection={<IconRefresh size={14} />}
          loading={state.busy}
          onClick={() => void desk.look()}
        >
          {words.refresh}
        </Button>
        {may.includes("file:write") && <Upload desk={desk} state={state} />}
      </div>
      {state.refused && <Refused failure={state.refused} title={words.failed} />}
      <Folder desk={desk} state={state} may={may} />
      <Transfers desk={desk} transfers={state.transfers} />
    </section>
  );
}

function Trail({ path, onLook }: { readonly path: string; readonly onLook: (to: string) => void }) {
  const names = path.split("/").filter((name) => name !== "");
  return (
    <nav aria-label={words.path}>
      <Breadcrumbs separatorMargin={4}>
        <Anchor component="button" size="sm" onClick={() => onLook("/")}>
          {words.root}
        </Anchor>
        {names.map((name, n) => (
          <Anchor
            key={names.slice(0, n + 1).join("/")}
            component="button"
            size="sm"
            aria-current={n === names.length - 1 ? "location" : undefined}
            onClick={() => onLook(`/${names.slice(0, n + 1).join("/")}`)}
          >
            {plainName(name)}
          </Anchor>
        ))}
      </Breadcrumbs>
    </nav>
  );
}

/** Over a file of the same name only after a question. */
function Upload({ desk, state }: { readonly desk: FilesDesk; readonly state: FilesState }) {
  const [asked, setAsked] = useState<File | undefined>();
  const choose = (file: File | null) => {
    if (!file) return;
    if (state.entries?.some(({ name }) => name === file.name)) setAsked(file);
    else void desk.upload(file.name, file);
  };
  return (
    <>
      <FileButton onChange={choose} inputProps={{ "aria-label": words.upload }}>
        {(props) => (
          <Button {...props} size="xs" leftSection={<IconUpload size={14} />}>
            {words.upload}
          </Button>
        )}
      </FileButton>
      <ConfirmDialog
        opened={asked !== undefined}
        onClose={() => setAsked(undefined)}
        title={words.replaceTitle(plainName(asked?.name ?? ""))}
        action={words.replaceAct}
        harmful
        onConfirm={async () => {
          if (asked) void desk.upload(asked.name, asked);
        }}
      >
        {words.replaceBody}
      </ConfirmDialog>
    </>
  );
}

function Refused({ failure, title }: { readonly failure: Failure; readonly title: string }) {
  return (
    <Notice tone="alarm" title={title}>
      {sentence(failure.message)} {failure.rule !== undefined && words.byRule(failure.rule)}
    </Notice>
  );
}

type FolderProps = Omit<FilesPanelProps, "attached"> & { readonly state: FilesState };

function Folder({ desk, state, may }: FolderProps) {
  const { entries, failure, path } = state;
  if (failure) {
    const title = failure.rule === undefined ? words.failed : words.noList;
    return <Refused failure={failure} title={title} />;
  }
  if (entries === undefined) return <Loading />;
  if (entries.length === 0) return <Empty title={words.empty}>{words.emptyAdvice}</Empty>;
  return (
    <div className="ssh-folder">
      <table className="ssh-table" aria-label={words.table.label}>
        <thead>
          <tr>
            <th>{words.table.name}</th>
            <th>{words.table.size}</th>
            <th>{words.table.modified}</th>
            <th>
              <span className="sp-unseen">{words.table.acts}</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {entries.map((entry, n) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: an asset may give one name twice
            <tr key={`${n} ${entry.shown}`}>
              <td>
                <Name entry={entry} onLook={(name) => void desk.look(pathIn(path, name))} />
              </td>
              <td className="ssh-number">{entry.kind === "file" ? byteSize(entry.size) : ""}</td>
              <td>{entry.modifiedMs !== undefined && <LocalTime atMs={entry.modifiedMs} />}</td>
              <td>
                <FileActs desk={desk} entry={entry} may={may} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

const ICONS = { file: IconFile, folder: IconFolder, other: IconQuestionMark } as const;

function Name({ entry, onLook }: { entry: FileEntry; onLook: (name: string) => void }) {
  const { kind, name, shown } = entry;
  const Shape = ICONS[kind];
  return (
    <span className="ssh-name" title={name === undefined ? words.notText : shown}>
      <Shape size={15} aria-hidden />
      {kind === "folder" && name !== undefined ? (
        <Anchor component="button" size="sm" onClick={() => onLook(name)}>
          {shown}
        </Anchor>
      ) : (
        <bdi>{shown}</bdi>
      )}
    </span>
  );
}
