/** The connection is that of the TypeScript kit. */
export * from "../../clients/typescript/src/connection";
