-- What the role of a running pawld may do. The owner of the database runs this
-- in the schema with Pawl's tables, after each migration that adds a table.
-- docs/postgresql.md tells how the roles are made.
GRANT SELECT ON pawl_schema TO pawl_server;
GRANT SELECT, INSERT, UPDATE, DELETE
  ON account, client, device, budget, attempt TO pawl_server;
-- No DELETE: the position of a token is never forgotten.
GRANT SELECT, INSERT, UPDATE ON token TO pawl_server;
-- No UPDATE, no DELETE: what was written stays.
GRANT SELECT, INSERT ON audit, server_secret TO pawl_server;
GRANT SELECT, INSERT, UPDATE ON heartbeat TO pawl_server;
