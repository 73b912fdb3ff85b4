/** The node that a person looks at. */
import type { NodeId } from "../../../protocols/opcua/node-id.ts";

export interface Chosen {
  readonly node: NodeId;
  readonly id: string;
  readonly name: string;
  readonly nodeClass: number;
  /** The object that it was found below, which a method is called on. */
  readonly above: NodeId | undefined;
}
