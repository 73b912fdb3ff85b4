/** The plant map: zones as rows by level, conduits with their protocols, assets as buttons. */
import { ActionIcon, Tooltip } from "@mantine/core";
import { IconFocusCentered, IconMinus, IconPlus } from "@tabler/icons-react";
import {
  ConnectionMode,
  Panel,
  ReactFlow,
  type ReactFlowInstance,
  ReactFlowProvider,
  useReactFlow,
  useStore,
} from "@xyflow/react";
import "@xyflow/react/dist/base.css";
import { useEffect, useMemo, useRef } from "react";
import type { AssetView, PlantView } from "../../../broker/api/shapes/plant.ts";
import { useSite } from "../../components/site.ts";
import { plantText } from "../../text/plant.ts";
import { groupedBySite } from "./by-site.ts";
import { ConduitEdge, type ConduitEdgeType } from "./conduit-edge.tsx";
import { ASSET_HEIGHT, ASSET_WIDTH, layoutMap, type MapLayout } from "./map-layout.ts";
import { AssetNode, type PlantNode, ZoneNode } from "./map-nodes.tsx";
import { type Folded, useFolded } from "./use-folded.ts";

const NODE_TYPES = { zone: ZoneNode, asset: AssetNode };
const EDGE_TYPES = { conduit: ConduitEdge };
const ZOOM_MIN = 0.2;
const ZOOM_MAX = 2;
const FIT = { padding: 0.06, minZoom: ZOOM_MIN, maxZoom: 1.5 };
/** Beside an asset's panel one reads what is around the asset: names are 11 pixels high, states 10. */
const FIT_BESIDE = { ...FIT, minZoom: 0.8 };

interface PlantMapProps {
  readonly plant: PlantView;
  readonly matching: ReadonlySet<string>;
  readonly selected: AssetView | undefined;
  readonly onSelect: (asset: string) => void;
}

export function PlantMap(props: PlantMapProps) {
  return (
    <ReactFlowProvider>
      <Canvas {...props} />
    </ReactFlowProvider>
  );
}

function Canvas({ plant: shown, matching, selected, onSelect }: PlantMapProps) {
  const grouped = useSite().chosen === undefined;
  const plant = useMemo(() => (grouped ? groupedBySite(shown) : shown), [shown, grouped]);
  const folded = useFolded(plant, matching, selected);
  const noteMove = useRefit(selected?.id, folded.opened);
  const layout = useMemo(
    () => layoutMap(folded.zones, folded.assets, plant.conduits, folded.tiles),
    [folded, plant.conduits],
  );
  const nodes = useMemo(
    () => nodesOf(layout, folded, { plant, matching, selected, onSelect }),
    [layout, folded, plant, matching, selected, onSelect],
  );
  const edges = useMemo(() => edgesOf(layout), [layout]);
  return (
    <section className="sp-map" aria-label={plantText.map.label}>
      <ReactFlow
        nodes={nodes}
        edges={edges}
        nodeTypes={NODE_TYPES}
        edgeTypes={EDGE_TYPES}
        connectionMode={ConnectionMode.Loose}
        fitView
        fitViewOptions={FIT}
        minZoom={ZOOM_MIN}
        maxZoom={ZOOM_MAX}
        onMoveStart={noteMove}
        panOnScroll
        zoomOnScroll={false}
        zoomOnDoubleClick={false}
        nodesDraggable={false}
        nodesConnectable={false}
        nodesFocusable={false}
        edgesFocusable={false}
        elementsSelectable={false}
        deleteKeyCode={null}
        onlyRenderVisibleElements={folded.isFolded}
        proOptions={{ hideAttribution: true }}
      >
        <Zoom />
      </ReactFlow>
    </section>
  );
}

/**
 * Shows the whole plant again when the room for it changes, until someone moved the map themselves;
 * and a zone that was opened, as large as it can be.
 */
function useRefit(
  selected: string | undefined,
  opened: string | undefined,
): (event: MouseEvent | TouchEvent | null) => void {
  const flow = useReactFlow();
  const width = useStore((store) => store.width);
  const height = useStore((store) => store.height);
  const moved = useRef(false);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the size is what it is about
  useEffect(() => {
    if (!moved.current) void showPart(flow, selected, opened, { width, height });
  }, [flow, width, height]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: what was opened is what it is about
  useEffect(() => {
    void showPart(flow, selected, opened, { width, height });
  }, [flow, opened]);
  return (event) => {
    if (event !== null) moved.current = true;
  };
}

interface Room {
  readonly width: number;
  readonly height: number;
}

async function showPart(
  flow: ReactFlowInstance,
  asset: string | undefined,
  zone: string | undefined,
  room: Room,
): Promise<void> {
  const nodes = zone !== undefined && { nodes: [{ id: `zone:${zone}` }] };
  await flow.fitView({ ...(asset === undefined ? FIT : FIT_BESIDE), ...nodes });
  if (asset !== undefined) bringIntoView(flow, asset, room);
}

/** Where the plant is larger than its room, the chosen asset is the part to look at. */
function bringIntoView(flow: ReactFlowInstance, asset: string, { width, height }: Room): void {
  const node = flow.getInternalNode(`asset:${asset}`);
  if (node === undefined || width === 0) return;
  const { x, y } = node.internals.positionAbsolute;
  const { x: left, y: top, zoom } = flow.getViewport();
  const isWithin = (start: number, length: number, room: number) =>
    start >= 0 && start + length * zoom <= room;
  if (isWithin(x * zoom + left, ASSET_WIDTH, width)) {
    if (isWithin(y * zoom + top, ASSET_HEIGHT, height)) return;
  }
  void flow.setCenter(x + ASSET_WIDTH / 2, y + ASSET_HEIGHT / 2, { zoom });
}

function Zoom() {
  const flow = useReactFlow();
  const { zoomIn, zoomOut, fit } = plantText.map;
  const buttons = [
    { label: zoomIn, icon: IconPlus, act: () => flow.zoomIn() },
    { label: zoomOut, icon: IconMinus, act: () => flow.zoomOut() },
    { label: fit, icon: IconFocusCentered, act: () => flow.fitView(FIT) },
  ];
  return (
    <Panel position="bottom-left" className="sp-map-zoom">
      {buttons.map(({ label, icon: Icon, act }) => (
        <Tooltip key={label} label={label} position="right">
          <ActionIcon variant="default" aria-label={label} onClick={() => void act()}>
            <Icon size={16} />
          </ActionIcon>
        </Tooltip>
      ))}
    </Panel>
  );
}

/** React Flow draws in order: zones first, so that what they contain lies on top of them. */
function nodesOf(layout: MapLayout, folded: Folded, props: PlantMapProps): PlantNode[] {
  const { plant, matching, selected, onSelect } = props;
  const zonesById = new Map(folded.zones.map((zone) => [zone.id, zone]));
  const assetsById = new Map(plant.assets.map((asset) => [asset.id, asset]));
  const zones = layout.zones.flatMap((box): PlantNode[] => {
    const zone = zonesById.get(box.id);
    if (zone === undefined) return [];
    return [{ ...placed(box, "zone:"), type: "zone", data: { zone, fold: folded.of(zone.id) } }];
  });
  const assets = layout.assets.flatMap((box): PlantNode[] => {
    const asset = assetsById.get(box.id);
    if (asset === undefined) return [];
    const data = {
      asset,
      selected: asset.id === selected?.id,
      faded: !matching.has(asset.id),
      onSelect,
    };
    return [{ ...placed(box, "asset:"), type: "asset", data }];
  });
  return [...zones, ...assets];
}

function placed(box: MapLayout["zones"][number], kind: "zone:" | "asset:") {
  return {
    id: kind + box.id,
    position: { x: box.x, y: box.y },
    width: box.width,
    height: box.height,
    ...(box.parent === null ? {} : { parentId: `zone:${box.parent}` }),
  };
}

function edgesOf(layout: MapLayout): ConduitEdgeType[] {
  return layout.lines.map((line) => ({
    id: line.id,
    type: "conduit",
    data: { points: line.points, labelAt: line.labelAt },
    source: `zone:${line.from}`,
    target: `zone:${line.to}`,
    sourceHandle: line.fromHandle,
    targetHandle: line.toHandle,
    label: line.label,
    focusable: false,
    ariaLabel: line.label,
    zIndex: 1,
  }));
}
