/** The one line in which a search is written: proposals while one types, and faults with a remedy. */
import { Button, TextInput } from "@mantine/core";
import { IconSearch } from "@tabler/icons-react";
import { type KeyboardEvent, useId, useRef, useState } from "react";
import type { QueryFault } from "../../../protocols/search/parse-query.ts";
import { searchText as words } from "../../text/search.ts";
import { type Completion, complete, completionAt, type KnownValues } from "./completion.ts";

interface SearchBoxProps {
  readonly value: string;
  readonly onChange: (value: string) => void;
  readonly onSubmit: (value: string) => void;
  /** Shown once it was submitted. */
  readonly fault: QueryFault | undefined;
  readonly known: KnownValues;
}

const CLOSED: Completion = { from: 0, to: 0, proposals: [] };

export function SearchBox({ value, onChange, onSubmit, fault, known }: SearchBoxProps) {
  const input = useRef<HTMLInputElement>(null);
  const list = useId();
  const { completion, chosen, setChosen, open, close } = useProposals(known);
  const isOpen = completion.proposals.length > 0;

  function take(at: number) {
    const proposal = completion.proposals[at];
    if (proposal === undefined) return;
    const next = complete(value, completion, proposal);
    onChange(next.text);
    input.current?.focus();
    requestAnimationFrame(() => input.current?.setSelectionRange(next.caret, next.caret));
    open(next.text, next.caret);
  }

  function onKeyDown(event: KeyboardEvent<HTMLInputElement>) {
    const count = completion.proposals.length;
    if (event.key === "Escape") close();
    else if (event.key === "Enter" && chosen < 0) {
      close();
      onSubmit(value);
    } else if (isOpen && event.key === "ArrowDown") setChosen((chosen + 1) % count);
    else if (isOpen && event.key === "ArrowUp") setChosen(chosen <= 0 ? count - 1 : chosen - 1);
    else if (isOpen && event.key === "Enter") take(chosen);
    else if (isOpen && event.key === "Tab" && !event.shiftKey && chosen >= 0) take(chosen);
    else return;
    if (event.key !== "Escape") event.preventDefault();
  }

  return (
    <div className="sp-search-box">
      <TextInput
        ref={input}
        aria-label={words.box}
        placeholder={words.placeholder}
        role="combobox"
        aria-expanded={isOpen}
        aria-controls={isOpen ? list : undefined}
        aria-autocomplete="list"
        aria-activedescendant={isOpen && chosen >= 0 ? `${list}-${chosen}` : undefined}
        autoComplete="off"
        spellCheck={false}
        leftSection={<IconSearch size={15} aria-hidden />}
        value={value}
        error={fault?.message}
        onChange={(event) => {
          onChange(event.currentTarget.value);
          open(event.currentTarget.value, event.currentTarget.selectionStart ?? 0);
        }}
        onFocus={(event) => open(value, event.currentTarget.selectionStart ?? value.length)}
        onBlur={close}
        onKeyDown={onKeyDown}
      />
      {isOpen && <Proposals id={list} completion={completion} chosen={chosen} onTake={take} />}
      {fault && <Remedy value={value} fault={fault} onChange={onChange} onSubmit={onSubmit} />}
    </div>
  );
}

/** What is proposed at the caret, and which of it the arrow keys chose; -1 for none. */
function useProposals(known: KnownValues) {
  const [completion, setCompletion] = useState(CLOSED);
  const [chosen, setChosen] = useState(-1);
  function open(text: string, caret: number) {
    setCompletion(completionAt(text, caret, known));
    setChosen(-1);
  }
  function close() {
    setCompletion(CLOSED);
    setChosen(-1);
  }
  return { completion, chosen, setChosen, open, close };
}

interface ProposalsProps {
  readonly id: string;
  readonly completion: Completion;
  readonly chosen: number;
  readonly onTake: (at: number) => void;
}

function Proposals({ id, completion, chosen, onTake }: ProposalsProps) {
  return (
    <div id={id} role="listbox" aria-label={words.proposals} className="sp-search-proposals">
      {completion.proposals.map(({ text, field }, at) => (
        // Keys are the box's: the focus never leaves it.
        <div
          key={text}
          id={`${id}-${at}`}
          role="option"
          tabIndex={-1}
          aria-selected={at === chosen}
          onPointerDown={(event) => {
            event.preventDefault();
            onTake(at);
          }}
        >
          <span className="sp-mono">{text}</span>
          {field !== undefined && (
            <span className="sp-sub">{words.fields[field as keyof typeof words.fields]}</span>
          )}
        </div>
      ))}
    </div>
  );
}

type RemedyProps = Pick<SearchBoxProps, "value" | "onChange" | "onSubmit"> & {
  readonly fault: QueryFault;
};

function Remedy({ value, fault, onChange, onSubmit }: RemedyProps) {
  const { at, end, suggestion } = fault;
  if (suggestion === undefined) return <Underlined value={value} fault={fault} />;
  const mended = value.slice(0, at) + suggestion + value.slice(end);
  return (
    <div className="sp-search-remedy">
      <Underlined value={value} fault={fault} />
      <Button
        variant="default"
        size="compact-xs"
        onClick={() => {
          onChange(mended);
          onSubmit(mended);
        }}
      >
        {words.proposed(suggestion)}
      </Button>
    </div>
  );
}

/** Where it is, since the input itself cannot mark a part of its text. */
function Underlined({ value, fault: { at, end } }: Pick<RemedyProps, "value" | "fault">) {
  return (
    <code className="sp-search-fault">
      {value.slice(0, at)}
      <mark>{value.slice(at, end) || " "}</mark>
      {value.slice(end)}
    </code>
  );
}
