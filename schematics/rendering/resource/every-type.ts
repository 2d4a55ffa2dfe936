/** A field of every type, but for references, and with everything that a field can have, for tests. */
export const EVERY_TYPE = `
  number:string(32):unique
  title:string
  notes:text?
  pages:int:min(1):max(5000)
  level:smallint?
  views:bigint=0
  amount:decimal(12,2):min(0)=0
  ratio:float?
  isDraft:boolean=true
  dueOn:date?:index
  opensAt:time?
  issuedAt:timestamptz=now
  takes:interval?
  reference:uuid=uuid
  meta:json?
  seal:bytes?
  status:enum(draft|sent|paid):index=draft
  contact:email?
  website:url?
  tags:string(20)[]
  scores:int[]?
  colours:enum(red|green)[]?
  code:text:min(2):max(9):unique
  greeting:string(40)='it\\'s "so"'
  createdAt:created
  updatedAt:updated
  deletedAt:deleted
  version:version
`;
