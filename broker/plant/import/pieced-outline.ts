/**
 * Where lines go in a large plant file: it is cut as for reading (`cutText`), and a piece of it is in
 * memory at a time. A piece is looked at as a plant file of its own, whose places are then moved.
 */
import { isMap, isScalar, isSeq, parseDocument } from "yaml";
import { cutText, type ListPiece, type Section } from "../yaml-pieces.ts";
import { type Place, PlantOutline } from "./insert-lines.ts";

/** In characters: some ten assets. */
const PIECE_LENGTH = 16 * 1024;

/** What asks for places takes. */
export type Outline = Pick<PlantOutline, "assets" | "endpointsOf" | "tagsOf">;

/** @param text a plant file that is valid YAML */
export function outlineOf(text: string, pieceLength = PIECE_LENGTH): Outline {
  const sections = text.length > pieceLength ? cutText(text, pieceLength) : undefined;
  return sections ? new PiecedOutline(text, sections) : new PlantOutline(text);
}

interface Part {
  readonly outline: PlantOutline;
  /** From its places to those of the text. */
  readonly by: number;
}

class PiecedOutline implements Outline {
  private readonly text: string;
  private readonly own: Section | undefined;
  private readonly last: Section | undefined;
  private pieceOf: ReadonlyMap<string, ListPiece> | undefined;
  /** The one of the last question: rows of a sheet stand as the assets do. */
  private kept: { readonly piece: ListPiece; readonly part: Part } | undefined;

  constructor(text: string, sections: readonly Section[]) {
    this.text = text;
    this.own = sections.find(({ from }) => text.startsWith("assets:", from));
    this.last = sections.at(-1);
  }

  assets(): Place {
    const section = this.own ?? this.last;
    if (!section) return "the file holds no plant";
    const piece = section.list?.pieces.at(-1);
    const part = piece ? this.partOf(section, piece) : this.short(section);
    return moved(part.outline.assets(), part.by);
  }

  endpointsOf(asset: string): Place | undefined {
    const part = this.find(asset);
    const place = part?.outline.endpointsOf(asset);
    return part && place !== undefined ? moved(place, part.by) : undefined;
  }

  tagsOf(asset: string, endpoint: string): Place | undefined {
    const part = this.find(asset);
    const place = part?.outline.tagsOf(asset, endpoint);
    return part && place !== undefined ? moved(place, part.by) : undefined;
  }

  private find(asset: string): Part | undefined {
    if (!this.own) return undefined;
    if (!this.own.list) return this.short(this.own);
    this.pieceOf ??= this.index(this.own.list.pieces);
    const piece = this.pieceOf.get(asset);
    if (!piece) return undefined;
    if (this.kept?.piece !== piece) this.kept = { piece, part: this.partOf(this.own, piece) };
    return this.kept.part;
  }

  /** The first of an id counts, as where a file is looked at as a whole. */
  private index(pieces: readonly ListPiece[]): ReadonlyMap<string, ListPiece> {
    const index = new Map<string, ListPiece>();
    for (const piece of pieces) {
      const list = parseDocument(this.text.slice(piece.from, piece.to), { uniqueKeys: false });
      for (const item of isSeq(list.contents) ? list.contents.items : []) {
        const id = isMap(item) ? item.get("id", true) : undefined;
        const name = isScalar(id) ? String(id.value) : "";
        if (!index.has(name)) index.set(name, piece);
      }
    }
    return index;
  }

  private short({ from, to }: Section): Part {
    return { outline: new PlantOutline(this.text.slice(from, to)), by: from };
  }

  /** Whole items under the key of their list. */
  private partOf({ from, list }: Section, piece: ListPiece): Part {
    const head = this.text.slice(from, list?.from ?? from);
    const outline = new PlantOutline(head + this.text.slice(piece.from, piece.to));
    return { outline, by: piece.from - head.length };
  }
}

/** Nothing of a piece but what follows its head is pointed to. */
function moved(place: Place, by: number): Place {
  if (typeof place === "string") return place;
  const { at, indent, instead } = place;
  return {
    ...{ at: at + by, indent },
    ...(instead && { instead: { ...instead, from: instead.from + by, to: instead.to + by } }),
  };
}
