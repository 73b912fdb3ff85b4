/**
 * Makes a page of a screen for the plant file: the part that it is recognised by is drawn on the
 * picture first, then its controls; the text is copied from here.
 */
import { Button, CopyButton, Textarea, TextInput } from "@mantine/core";
import { IconTrash } from "@tabler/icons-react";
import { type PointerEvent, useState } from "react";
import type { Area, Pixels } from "../../protocols/rfb/screen-page.ts";
import { panelText } from "../text/panel.ts";
import { areaBetween, areaText, isTooLarge, type MarkedArea, pageText } from "./page-text.ts";

const words = panelText.pages;

export interface PageDraft {
  readonly name: string;
  readonly areas: readonly MarkedArea[];
}

export const NO_DRAFT: PageDraft = { name: "", areas: [] };

/** Smaller is a slip of the hand. */
const SIDE_MIN = 4;

interface DrawingProps {
  readonly picture: Pixels;
  readonly draft: PageDraft;
  readonly onDraw: (area: Area) => void;
}

/** Over the picture: what is marked, and a hand that marks more. */
export function PageDrawing({ picture, draft, onDraw }: DrawingProps) {
  const [from, setFrom] = useState<{ x: number; y: number } | undefined>(undefined);
  const [now, setNow] = useState<Area | undefined>(undefined);
  const placeOf = (event: PointerEvent) => {
    const { left, top, width, height } = event.currentTarget.getBoundingClientRect();
    return {
      x: ((event.clientX - left) * picture.width) / Math.max(1, width),
      y: ((event.clientY - top) * picture.height) / Math.max(1, height),
    };
  };
  return (
    <div
      className="rp-page-drawing"
      onPointerDown={(event) => {
        event.currentTarget.setPointerCapture(event.pointerId);
        setFrom(placeOf(event));
      }}
      onPointerMove={(event) => from && setNow(areaBetween(from, placeOf(event), picture))}
      onPointerUp={(event) => {
        const area = from && areaBetween(from, placeOf(event), picture);
        setFrom(undefined);
        setNow(undefined);
        if (area && area.width >= SIDE_MIN && area.height >= SIDE_MIN) onDraw(area);
      }}
    >
      {draft.areas.map((area, n) => (
        <Box key={areaText(area)} area={area} picture={picture} isMark={n === 0}>
          {area.name}
        </Box>
      ))}
      {now && (
        <Box area={now} picture={picture} isMark={draft.areas.length === 0}>
          {`${now.width} × ${now.height}`}
        </Box>
      )}
    </div>
  );
}

interface BoxProps {
  readonly area: Area;
  readonly picture: Pixels;
  readonly isMark: boolean;
  readonly children: string;
}

function Box({ area: { x, y, width, height }, picture, isMark, children }: BoxProps) {
  const across = (value: number) => `${(100 * value) / picture.width}%`;
  const down = (value: number) => `${(100 * value) / picture.height}%`;
  const place = { left: across(x), top: down(y), width: across(width), height: down(height) };
  return (
    <div className="rp-page-area" data-mark={isMark || undefined} style={place}>
      <span>{children}</span>
    </div>
  );
}

interface FormProps {
  readonly picture: Pixels;
  readonly draft: PageDraft;
  readonly onChange: (draft: PageDraft) => void;
}

export function PageForm({ picture, draft, onChange }: FormProps) {
  const { name, areas } = draft;
  const [mark] = areas;
  const rename = (at: number, given: string) =>
    onChange({ name, areas: areas.map((area, n) => (n === at ? { ...area, name: given } : area)) });
  const remove = (at: number) => onChange({ name, areas: areas.filter((_, n) => n !== at) });
  const tooLarge = mark !== undefined && isTooLarge(mark);
  const whole = name.trim() !== "" && mark !== undefined && !tooLarge;
  const text = whole ? pageText(name.trim(), picture, areas) : "";
  return (
    <section className="rp-page-form" aria-label={words.make}>
      <p className="wb-dim">{mark ? words.thenRegions : words.firstMark}</p>
      <TextInput
        size="xs"
        label={words.name}
        value={name}
        onChange={(event) => onChange({ name: event.currentTarget.value, areas })}
      />
      {areas.map((area, n) => (
        <div className="rp-page-row" key={areaText(area)}>
          {n === 0 ? (
            <span>{words.mark}</span>
          ) : (
            <TextInput
              size="xs"
              aria-label={words.region}
              value={area.name}
              onChange={(event) => rename(n, event.currentTarget.value)}
            />
          )}
          <span className="sp-mono">{areaText(area)}</span>
          <Button size="compact-xs" variant="subtle" onClick={() => remove(n)}>
            <IconTrash size={13} aria-hidden />
            {words.remove}
          </Button>
        </div>
      ))}
      {tooLarge && <p role="alert">{words.tooLarge}</p>}
      {whole && (
        <>
          <Textarea
            className="rp-page-text"
            aria-label={words.text}
            value={text}
            readOnly
            autosize
            maxRows={9}
          />
          <CopyButton value={text}>
            {({ copied, copy }) => (
              <Button size="xs" onClick={copy}>
                {copied ? panelText.copied : words.copy}
              </Button>
            )}
          </CopyButton>
          <p className="wb-dim">{words.where}</p>
        </>
      )}
    </section>
  );
}
