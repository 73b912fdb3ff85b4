/** The files as text: checked by the broker a moment after the last key, put in force with a reason. */
import { Button, Group, SegmentedControl, Text, TextInput } from "@mantine/core";
import { lazy, Suspense, useEffect, useMemo, useState } from "react";
import type {
  PoliciesView,
  PolicyCheckView,
  PolicyFileView,
  PolicyProblemView,
} from "../../../broker/api/shapes/policies.ts";
import { api } from "../../components/api.ts";
import { ConfirmDialog } from "../../components/confirm-dialog.tsx";
import { KeptDraft } from "../../components/kept-draft.ts";
import { proposalsQuery } from "../../components/policy-proposals.ts";
import { policiesQuery, queryClient } from "../../components/queries.ts";
import type { EditorMark } from "../../components/source-editor.tsx";
import { Loading, ProblemNotice } from "../../components/states.tsx";
import { withFreshAssertion } from "../../components/step-up.ts";
import { policyText } from "../../text/policy.ts";
import { WhatIf } from "./what-if.tsx";

const words = policyText.edit;
/** After the last key: long enough not to check every letter. */
const CHECK_AFTER_MS = 500;

type Files = readonly PolicyFileView[];

const SourceEditor = lazy(() =>
  import("../../components/source-editor.tsx").then((file) => ({ default: file.SourceEditor })),
);

export function PolicyEditor({ policies }: { readonly policies: PoliciesView }) {
  const { files, setFiles, changed, overtaken, discard, activate } = useDraft(policies);
  const [open, setOpen] = useState(firstFile(policies.files));
  const [asking, setAsking] = useState(false);
  const [place, setPlace] = useState<PolicyProblemView>();
  const { check, thrown, checking } = useCheck(files, changed);
  const marks = useMemo(() => marksOf(check, open), [check, open]);

  function look(file: string, at?: PolicyProblemView) {
    setOpen(file);
    setPlace(at && { ...at });
  }

  return (
    <div className="sp-policy-editor">
      {overtaken && <Text role="status">{words.overtaken}</Text>}
      <FileChoice files={files} open={open} onOpen={look} onFiles={setFiles} />
      <Suspense fallback={<Loading rows={12} />}>
        <SourceEditor
          key={open}
          label={words.text(open)}
          language={open.endsWith(".cedar") ? "cedar" : "yaml"}
          value={files.find(({ name }) => name === open)?.text ?? ""}
          marks={marks}
          place={place}
          onChange={(text) =>
            setFiles(files.map((file) => (file.name === open ? { ...file, text } : file)))
          }
        />
      </Suspense>
      {thrown !== undefined && <ProblemNotice thrown={thrown} title={words.checkFailed} />}
      <CheckResult
        changed={changed}
        checking={checking}
        check={check}
        onGoTo={(at) => look(at.file, at)}
      />
      <Group gap="xs">
        <Button disabled={!changed || !check?.valid || checking} onClick={() => setAsking(true)}>
          {policies.needsSecond ? words.propose : words.activate}
        </Button>
        <Button
          variant="default"
          disabled={!changed}
          onClick={() => {
            discard();
            look(firstFile(policies.files));
          }}
        >
          {words.discard}
        </Button>
      </Group>
      <Tried files={files} ready={changed && check?.valid === true} policies={policies} />
      <ConfirmDialog
        opened={asking}
        onClose={() => setAsking(false)}
        title={policies.needsSecond ? words.proposeTitle : words.activateTitle}
        action={policies.needsSecond ? words.propose : words.activate}
        reasonLabel={words.reason}
        onConfirm={activate}
      >
        {policies.needsSecond ? words.proposeAdvice : words.activateAdvice}
      </ConfirmDialog>
    </div>
  );
}

/** What is wrong with one of the files. */
function marksOf(check: PolicyCheckView | undefined, file: string): readonly EditorMark[] {
  if (!check) return [];
  const of = (severity: EditorMark["severity"]) => (problem: PolicyProblemView) => ({
    ...problem,
    severity,
  });
  const wrong = [...check.problems, ...check.failures].map(of("error"));
  const all = [...wrong, ...check.warnings.map(of("warning"))];
  return all.filter((mark) => mark.file === file && mark.line > 0);
}

interface TriedProps {
  readonly files: Files;
  readonly ready: boolean;
  readonly policies: PoliciesView;
}

function Tried({ files, ready, policies: { needsWhatIf } }: TriedProps) {
  const tried = useMemo(() => ({ files: [...files] }), [files]);
  return <WhatIf tried={tried} ready={ready} required={needsWhatIf} />;
}

/** For who looks at another tab or page meanwhile. */
const begun = new KeptDraft<{ readonly from: PoliciesView; readonly files: Files }>("policies");

/** Something is written and not yet in force. */
export function isPolicyBegun(): boolean {
  return begun.kept !== undefined;
}

/** The text as it is being written, and the set that it was begun from. */
function useDraft(policies: PoliciesView) {
  const [from, setFrom] = useState(begun.kept?.from ?? policies);
  const [files, setFiles] = useState<Files>(begun.kept?.files ?? policies.files);
  const changed = !sameFiles(files, from.files);
  useEffect(() => begun.keep(changed ? { from, files } : undefined), [changed, from, files]);
  const overtaken = from.version.digest !== policies.version.digest;
  useEffect(() => {
    if (!overtaken || changed) return;
    setFrom(policies);
    setFiles(policies.files);
  }, [overtaken, changed, policies]);

  function begin(anew: PoliciesView) {
    setFrom(anew);
    setFiles(anew.files);
  }

  async function activate(reason: string) {
    const basedOn = from.version.digest;
    const done = await withFreshAssertion(() => api.activatePolicies(files, basedOn, reason));
    if (!done.version && done.proposal === null) throw new Error(words.refused);
    await queryClient.invalidateQueries({ queryKey: proposalsQuery.queryKey });
    begin(await queryClient.fetchQuery({ ...policiesQuery, staleTime: 0 }));
  }

  return {
    ...{ files, setFiles, changed, activate },
    /** Others changed the policies while this was written. */
    overtaken: overtaken && changed,
    discard: () => begin(policies),
  };
}

/** Policies before their tests. */
function firstFile(files: Files): string {
  return (files.find(({ name }) => name.endsWith(".cedar")) ?? files[0])?.name ?? "";
}

function sameFiles(a: Files, b: Files): boolean {
  const text = (files: Files, name: string) => files.find((file) => file.name === name)?.text;
  return a.length === b.length && a.every((file) => text(b, file.name) === file.text);
}

interface Checked {
  readonly check: PolicyCheckView | undefined;
  readonly checking: boolean;
  readonly thrown: unknown;
}

/** The answer to the files as they are now; what came for older text is dropped. */
function useCheck(files: Files, changed: boolean): Checked {
  const [checked, setChecked] = useState<{
    files: Files;
    check?: PolicyCheckView;
    thrown?: unknown;
  }>();
  useEffect(() => {
    if (!changed) return;
    let current = true;
    const timer = setTimeout(() => {
      api.checkPolicies(files).then(
        (check) => current && setChecked({ files, check }),
        (thrown: unknown) => current && setChecked({ files, thrown }),
      );
    }, CHECK_AFTER_MS);
    return () => {
      current = false;
      clearTimeout(timer);
    };
  }, [files, changed]);
  const known = changed && checked?.files === files ? checked : undefined;
  return { check: known?.check, thrown: known?.thrown, checking: changed && !known };
}

interface FileChoiceProps {
  readonly files: Files;
  readonly open: string;
  readonly onOpen: (name: string) => void;
  readonly onFiles: (files: Files) => void;
}

function FileChoice({ files, open, onOpen, onFiles }: FileChoiceProps) {
  const [name, setName] = useState("");
  const fits = /^[a-z0-9][\w.-]*\.(cedar|tests\.yaml)$/i.test(name);
  const taken = files.some((file) => file.name === name);
  return (
    <Group gap="xs" align="flex-end">
      <SegmentedControl
        size="xs"
        aria-label={words.file}
        value={open}
        onChange={onOpen}
        data={files.map((file) => file.name)}
      />
      <TextInput
        size="xs"
        label={words.newFile}
        description={words.newFileAdvice}
        value={name}
        onChange={({ currentTarget: { value } }) => setName(value)}
      />
      <Button
        size="xs"
        variant="default"
        disabled={!fits || taken}
        onClick={() => {
          onFiles([...files, { name, text: "" }]);
          onOpen(name);
          setName("");
        }}
      >
        {words.add}
      </Button>
      <Button
        size="xs"
        variant="default"
        disabled={files.length < 2}
        onClick={() => {
          const left = files.filter((file) => file.name !== open);
          onFiles(left);
          onOpen(left[0]?.name ?? "");
        }}
      >
        {words.remove(open)}
      </Button>
    </Group>
  );
}

interface CheckResultProps {
  readonly changed: boolean;
  readonly checking: boolean;
  readonly check: PolicyCheckView | undefined;
  readonly onGoTo: (problem: PolicyProblemView) => void;
}

function CheckResult({ changed, checking, check, onGoTo }: CheckResultProps) {
  const found = check ? [...check.problems, ...check.failures, ...check.warnings] : [];
  return (
    <div role="status" className="sp-policy-check">
      <Text size="sm">{summaryOf(changed, checking, check)}</Text>
      <ul>
        {found.map((problem) => {
          const place = `${problem.file}:${problem.line}:${problem.column}`;
          return (
            <li key={`${place} ${problem.message}`}>
              {problem.line > 0 && (
                <button
                  type="button"
                  className="sp-policy-place sp-mono"
                  aria-label={words.goTo(place)}
                  onClick={() => onGoTo(problem)}
                >
                  {place}
                </button>
              )}{" "}
              {problem.message}
            </li>
          );
        })}
      </ul>
    </div>
  );
}

function summaryOf(
  changed: boolean,
  checking: boolean,
  check: PolicyCheckView | undefined,
): string {
  if (!changed) return words.unchanged;
  if (checking) return words.checking;
  if (!check) return "";
  if (check.valid) return words.valid(check.policies, check.tests);
  return words.invalid(check.problems.length, check.failures.length);
}
