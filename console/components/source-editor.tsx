/** A text of YAML or Cedar with line numbers and marks at what is wrong with it. */
import { defaultKeymap, history, historyKeymap } from "@codemirror/commands";
import { yaml } from "@codemirror/lang-yaml";
import { HighlightStyle, indentUnit, syntaxHighlighting } from "@codemirror/language";
import { type Diagnostic, lintGutter, setDiagnostics } from "@codemirror/lint";
import { highlightSelectionMatches, search, searchKeymap } from "@codemirror/search";
import { EditorState, type Text } from "@codemirror/state";
import {
  drawSelection,
  EditorView,
  highlightActiveLine,
  highlightActiveLineGutter,
  keymap,
  lineNumbers,
} from "@codemirror/view";
import { tags } from "@lezer/highlight";
import { useEffect, useRef } from "react";
import { cedar } from "./cedar-language.ts";
import { styleNonce } from "./nonce.ts";
import "./source-editor.css";

export interface Place {
  readonly line: number;
  readonly column: number;
}

export interface EditorMark extends Place {
  readonly message: string;
  readonly severity: "error" | "warning";
}

export type SourceLanguage = "yaml" | "cedar";

interface SourceEditorProps {
  readonly label: string;
  /** Of one editor; another file is another editor. */
  readonly language: SourceLanguage;
  /** What it begins with; another value replaces the text, unless it is what was typed. */
  readonly value: string;
  readonly onChange: (text: string) => void;
  readonly marks: readonly EditorMark[];
  /** Set anew to go to a place. */
  readonly place?: Place | undefined;
}

export function SourceEditor(props: SourceEditorProps) {
  const { label, language, value, onChange, marks, place } = props;
  const host = useRef<HTMLDivElement>(null);
  const view = useRef<EditorView>(null);
  const heard = useRef(onChange);
  heard.current = onChange;
  // biome-ignore lint/correctness/useExhaustiveDependencies: made once; what changes is told below
  useEffect(() => {
    if (!host.current) return;
    const made = new EditorView({
      parent: host.current,
      state: EditorState.create({ doc: value, extensions: extensions(label, language, heard) }),
    });
    view.current = made;
    return () => made.destroy();
  }, []);
  useEffect(() => {
    const now = view.current;
    if (!now || now.state.doc.toString() === value) return;
    now.dispatch({ changes: { from: 0, to: now.state.doc.length, insert: value } });
  }, [value]);
  useEffect(() => {
    const now = view.current;
    if (!now) return;
    const found = marks.map((mark) => diagnostic(now.state.doc, mark));
    now.dispatch(setDiagnostics(now.state, found));
  }, [marks]);
  useEffect(() => {
    const now = view.current;
    if (!now || !place) return;
    const at = offsetOf(now.state.doc, place);
    now.dispatch({
      selection: { anchor: at },
      effects: EditorView.scrollIntoView(at, { y: "center" }),
    });
    now.focus();
  }, [place]);
  return <div ref={host} className="sp-source" />;
}

interface Heard {
  readonly current: (text: string) => void;
}

function extensions(label: string, language: SourceLanguage, heard: Heard) {
  return [
    styleNonce === "" ? [] : EditorView.cspNonce.of(styleNonce),
    lineNumbers(),
    lintGutter(),
    history(),
    drawSelection(),
    highlightActiveLine(),
    highlightActiveLineGutter(),
    highlightSelectionMatches(),
    search({ top: true }),
    language === "yaml" ? yaml() : cedar,
    indentUnit.of("  "),
    syntaxHighlighting(language === "yaml" ? OF_YAML : OF_CEDAR),
    keymap.of([...defaultKeymap, ...historyKeymap, ...searchKeymap]),
    EditorView.contentAttributes.of({ "aria-label": label, spellcheck: "false", tabindex: "0" }),
    EditorView.updateListener.of(({ docChanged, state }) => {
      if (docChanged) heard.current(state.doc.toString());
    }),
  ];
}

function diagnostic(doc: Text, mark: EditorMark): Diagnostic {
  const from = offsetOf(doc, mark);
  const line = doc.lineAt(from);
  // To the end of the word or value that it is about.
  const rest = line.text.slice(from - line.from);
  const length = /^[^\s,}\]#]+/.exec(rest)?.[0].length ?? 0;
  const to = Math.min(line.to, from + Math.max(1, length));
  return { from, to, severity: mark.severity, message: mark.message };
}

function offsetOf(doc: Text, { line, column }: Place): number {
  if (line < 1) return 0;
  const at = doc.line(Math.min(line, doc.lines));
  return Math.min(at.to, at.from + Math.max(0, column - 1));
}

/** Grey steps and weight; no colour, which is kept for what is wrong. */
const OF_YAML = HighlightStyle.define([
  { tag: [tags.definition(tags.propertyName), tags.propertyName], class: "sp-source-key" },
  { tag: tags.comment, class: "sp-source-comment" },
  { tag: [tags.string, tags.content, tags.attributeValue], class: "sp-source-value" },
  {
    tag: [tags.separator, tags.punctuation, tags.brace, tags.squareBracket],
    class: "sp-source-mark",
  },
  { tag: [tags.typeName, tags.labelName, tags.keyword], class: "sp-source-refused" },
]);

const OF_CEDAR = HighlightStyle.define([
  { tag: tags.keyword, class: "sp-source-key" },
  { tag: tags.comment, class: "sp-source-comment" },
  { tag: tags.meta, class: "sp-source-mark" },
]);
