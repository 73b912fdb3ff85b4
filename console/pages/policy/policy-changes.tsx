/** What differs between two sets of files, line by line. */
import { Text } from "@mantine/core";
import { useMemo } from "react";
import type { PolicyFileView } from "../../../broker/api/shapes/policies.ts";
import { aroundChanges, lineChanges } from "../../../protocols/text/line-changes.ts";
import { policyText } from "../../text/policy.ts";

interface PolicyChangesProps {
  readonly before: readonly PolicyFileView[];
  readonly after: readonly PolicyFileView[];
}

export function PolicyChanges({ before, after }: PolicyChangesProps) {
  const names = [...new Set([...before, ...after].map(({ name }) => name))].sort();
  const changed = names.filter((name) => textOf(before, name) !== textOf(after, name));
  if (changed.length === 0) return <Text>{policyText.history.same}</Text>;
  return changed.map((name) => (
    <FileChanges key={name} name={name} before={textOf(before, name)} after={textOf(after, name)} />
  ));
}

function textOf(files: readonly PolicyFileView[], name: string): string {
  return files.find((file) => file.name === name)?.text ?? "";
}

/** More is read in a file of one's own, not on a page. */
const DRAWN_MAX = 2_000;

const MARKS = { same: " ", removed: "-", added: "+" } as const;

function FileChanges(props: {
  readonly name: string;
  readonly before: string;
  readonly after: string;
}) {
  const { before, after } = props;
  const lines = useMemo(() => aroundChanges(lineChanges(before, after)), [before, after]);
  return (
    <section>
      <Text fw={600}>{props.name}</Text>
      <pre className="sp-policy-changes">
        {lines.slice(0, DRAWN_MAX).map((line, at) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: lines have no identity but their place
          <div key={at} data-kind={line?.kind}>
            {line ? `${MARKS[line.kind]} ${line.text}` : "⋯"}
          </div>
        ))}
      </pre>
      {lines.length > DRAWN_MAX && (
        <Text size="sm">{policyText.history.moreLines(lines.length - DRAWN_MAX)}</Text>
      )}
    </section>
  );
}
