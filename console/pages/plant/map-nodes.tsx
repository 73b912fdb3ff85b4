/** How a zone and an asset look on the map. */
import { UnstyledButton } from "@mantine/core";
import { IconCircle, IconCircleFilled, IconKey } from "@tabler/icons-react";
import { Handle, type Node, type NodeProps, Position } from "@xyflow/react";
import type { AssetView } from "../../../broker/api/shapes/plant.ts";
import { plantText } from "../../text/plant.ts";
import { classesAt } from "./access.ts";
import { assetStateWord } from "./asset-state.tsx";
import { siteOfGroup, type ZoneView } from "./by-site.ts";
import type { Fold } from "./use-folded.ts";

type ZoneNodeType = Node<{ zone: ZoneView; fold: Fold | undefined }, "zone">;
type AssetNodeType = Node<
  { asset: AssetView; selected: boolean; faded: boolean; onSelect: (asset: string) => void },
  "asset"
>;
export type PlantNode = ZoneNodeType | AssetNodeType;

const SIDES = [
  ["top", Position.Top],
  ["bottom", Position.Bottom],
  ["left", Position.Left],
  ["right", Position.Right],
] as const;

export function ZoneNode({ data: { zone, fold } }: NodeProps<ZoneNodeType>) {
  return (
    <div className="sp-map-zone">
      {fold?.isTile ? <Tile zone={zone} fold={fold} /> : <Head zone={zone} fold={fold} />}
      {SIDES.map(([id, position]) => (
        <Handle key={id} id={id} type="source" position={position} isConnectable={false} />
      ))}
      <Handle
        id="inside"
        type="source"
        position={Position.Bottom}
        isConnectable={false}
        className="sp-map-inside"
      />
    </div>
  );
}

interface ZoneProps {
  readonly zone: ZoneView;
  readonly fold: Fold | undefined;
}

function Head({ zone, fold }: ZoneProps) {
  const hasOwn = fold !== undefined && fold.counts.assets > 0;
  return (
    <div className="sp-map-zone-head">
      <strong {...named(zone.name)}>{zone.name}</strong>
      {hasOwn && (
        <UnstyledButton
          className="sp-map-fold nopan nodrag"
          aria-expanded={fold.isOpen}
          onClick={fold.toggle}
        >
          {fold.isOpen
            ? plantText.map.fold(fold.drawn, fold.counts.assets)
            : plantText.map.assets(fold.counts.assets)}
        </UnstyledButton>
      )}
      {siteOfGroup(zone) === undefined && (
        <span title={plantText.map.targetMeaning(zone.securityLevelTarget)}>
          {plantText.map.level(zone.level)} · {plantText.map.target(zone.securityLevelTarget)}
        </span>
      )}
    </div>
  );
}

/** Large letters: many of them are seen at once, from afar. */
function Tile({ zone, fold }: { readonly zone: ZoneView; readonly fold: Fold }) {
  const { assets, matching, inSession, locked } = fold.counts;
  const words = plantText.map;
  const said = [
    matching === assets ? words.assets(assets) : words.matching(matching, assets),
    ...(inSession > 0 ? [words.inSession(inSession)] : []),
    ...(locked > 0 ? [words.locked(locked)] : []),
  ];
  return (
    <UnstyledButton
      className="sp-map-tile nopan nodrag"
      aria-expanded={false}
      data-faded={(assets > 0 && matching === 0) || undefined}
      data-locked={locked > 0 || undefined}
      disabled={assets === 0}
      onClick={fold.toggle}
    >
      <strong {...named(zone.name)}>{zone.name}</strong>
      <span>{said.join(" · ")}</span>
    </UnstyledButton>
  );
}

/** A long one is cut at its end, in whichever direction it is written, and told whole by the pointer. */
function named(name: string) {
  return { dir: "auto", title: name } as const;
}

export function AssetNode({ data }: NodeProps<AssetNodeType>) {
  const { asset, selected, faded, onSelect } = data;
  const word = assetStateWord(asset);
  const Shape = asset.state === "idle" ? IconCircle : IconCircleFilled;
  return (
    <UnstyledButton
      className="sp-map-asset nopan nodrag"
      data-selected={selected || undefined}
      data-faded={faded || undefined}
      aria-pressed={selected}
      onClick={() => onSelect(asset.id)}
    >
      <span className="sp-map-asset-name" {...named(asset.name)}>
        {asset.name}
      </span>
      <span className="sp-map-asset-line">
        <span className="sp-map-asset-state" data-active={asset.state !== "idle" || undefined}>
          <Shape size={8} aria-hidden />
          {word}
        </span>
        <MyAccess asset={asset} />
      </span>
    </UnstyledButton>
  );
}

/** What the person who looks may do there now: the key and the words say so, never the key alone. */
function MyAccess({ asset }: { readonly asset: AssetView }) {
  const classes = classesAt(asset);
  if (classes.length === 0)
    return <span className="sp-map-asset-may">{plantText.map.noAccess}</span>;
  const words = plantText.map.may(classes);
  return (
    <span className="sp-map-asset-may" data-may title={words}>
      <IconKey size={13} aria-hidden />
      <span>{words}</span>
    </span>
  );
}
