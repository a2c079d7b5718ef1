declare module 'swagger-ui-dist/swagger-ui-bundle' {
  const show: (options: Record<string, unknown>) => void;
  export default show;
}
