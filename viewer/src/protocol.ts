/** The wire format is that of the TypeScript kit. */
export * from "../../clients/typescript/src/protocol";
