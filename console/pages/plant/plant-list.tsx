/** The plant as a tree of zones and a table of the assets in the chosen one. */
import { UnstyledButton } from "@mantine/core";
import { useMemo, useState } from "react";
import type { AssetView, PlantView } from "../../../broker/api/shapes/plant.ts";
import { ClassBadges } from "../../components/class-badges.tsx";
import { type Column, DataTable } from "../../components/data-table.tsx";
import { useNow } from "../../components/now.ts";
import { useSite } from "../../components/site.ts";
import { plantText } from "../../text/plant.ts";
import { classesAt, nextGrant } from "./access.ts";
import { AssetState, assetStateWord } from "./asset-state.tsx";
import { groupedBySite } from "./by-site.ts";
import { type ZoneBranch, zoneTree } from "./zone-tree.ts";

interface PlantListProps {
  readonly plant: PlantView;
  readonly matching: ReadonlySet<string>;
  readonly onClearFilter: () => void;
  readonly onSelect: (asset: string) => void;
  /** Room for the tree of zones beside the table. */
  readonly roomy: boolean;
}

export function PlantList(props: PlantListProps) {
  const { plant, matching, onClearFilter, onSelect, roomy } = props;
  const grouped = useSite().chosen === undefined;
  const [zone, setZone] = useState<string | null>(null);
  const tree = useMemo(() => zoneTree(grouped ? groupedBySite(plant) : plant), [plant, grouped]);
  const columns = useMemo(() => columnsOf(plant, onSelect), [plant, onSelect]);
  const within = zone === null ? null : (findBranch(tree, zone)?.zones ?? null);
  const rows = plant.assets.filter(
    (asset) => matching.has(asset.id) && (within === null || within.has(asset.zone)),
  );
  return (
    <div className="sp-plant-list">
      {roomy && <ZoneTree branches={tree} chosen={zone} onChoose={setZone} />}
      <div className="sp-plant-table">
        <DataTable
          label={plantText.table.label}
          rows={rows}
          columns={columns}
          rowKey={(asset) => asset.id}
          initialSort={{ column: "level", descending: true }}
          filtered
          onClearFilter={() => {
            setZone(null);
            onClearFilter();
          }}
        />
      </div>
    </div>
  );
}

function columnsOf(plant: PlantView, onSelect: (asset: string) => void): Column<AssetView>[] {
  const zones = new Map(plant.zones.map((zone) => [zone.id, zone]));
  const zoneName = (asset: AssetView) => zones.get(asset.zone)?.name ?? asset.zone;
  const level = (asset: AssetView) => zones.get(asset.zone)?.level ?? null;
  const device = (asset: AssetView) => [asset.vendor, asset.model].filter(Boolean).join(" ");
  const protocols = (asset: AssetView) =>
    [...new Set(asset.endpoints.map((endpoint) => endpoint.protocol))].join(", ");
  const words = plantText.table;
  return [
    {
      key: "asset",
      title: words.asset,
      roomy: true,
      sortBy: (asset) => asset.name,
      cell: (asset) => (
        <>
          <UnstyledButton className="sp-row-link" onClick={() => onSelect(asset.id)}>
            {asset.name}
          </UnstyledButton>
          <div className="sp-sub">{device(asset)}</div>
        </>
      ),
    },
    { key: "zone", title: words.zone, roomy: true, sortBy: zoneName, cell: zoneName },
    { key: "level", title: words.level, sortBy: level, cell: level, align: "right" },
    {
      key: "protocol",
      title: words.protocol,
      sortBy: protocols,
      cell: protocols,
      hidden: (a) => protocols(a) === "",
    },
    {
      key: "access",
      title: words.access,
      sortBy: (asset) => -classesAt(asset).length,
      cell: (asset) => <Access asset={asset} />,
    },
    {
      key: "state",
      title: words.state,
      sortBy: assetStateWord,
      cell: (asset) => <AssetState asset={asset} />,
    },
  ];
}

function Access({ asset }: { readonly asset: AssetView }) {
  const nowMs = useNow();
  const classes = classesAt(asset);
  if (classes.length > 0) return <ClassBadges classes={classes} />;
  const coming = nextGrant(asset, nowMs) !== undefined;
  const { none, coming: comingWord } = plantText.access;
  return <span className="sp-dim">{coming ? comingWord : none}</span>;
}

interface ZoneTreeProps {
  readonly branches: readonly ZoneBranch[];
  readonly chosen: string | null;
  readonly onChoose: (zone: string | null) => void;
}

function ZoneTree({ branches, chosen, onChoose }: ZoneTreeProps) {
  return (
    <nav className="sp-zones" aria-label={plantText.zones.label}>
      <UnstyledButton
        className="sp-zone-link"
        aria-current={chosen === null}
        onClick={() => onChoose(null)}
      >
        {plantText.zones.all}
      </UnstyledButton>
      <Branches branches={branches} chosen={chosen} onChoose={onChoose} />
    </nav>
  );
}

function Branches({ branches, chosen, onChoose }: ZoneTreeProps) {
  return (
    <ul>
      {branches.map(({ zone, zones, assets, children }) => (
        <li key={zone.id}>
          <UnstyledButton
            className="sp-zone-link"
            aria-current={chosen === zone.id}
            data-empty={assets === 0 || undefined}
            onClick={() => onChoose(zone.id)}
          >
            <span>{zone.name}</span>
            <span className="sp-dim">{assets}</span>
          </UnstyledButton>
          {zones.size > 1 && <Branches branches={children} chosen={chosen} onChoose={onChoose} />}
        </li>
      ))}
    </ul>
  );
}

function findBranch(branches: readonly ZoneBranch[], id: string): ZoneBranch | undefined {
  for (const branch of branches) {
    const found = branch.zone.id === id ? branch : findBranch(branch.children, id);
    if (found) return found;
  }
  return undefined;
}
