"""PynamoDB models of the items that a Rust program and a Python program share.

Every attribute is stored as a string. Timestamps have the format of ``datetime.now(timezone.utc).isoformat()``, except for those of
``UTCDateTimeAttribute``.
The ids of examples, users and orders are stored only in the keys.
"""

from datetime import datetime
from typing import Optional

from pynamodb.attributes import DiscriminatorAttribute, UnicodeAttribute, UTCDateTimeAttribute
from pynamodb.indexes import AllProjection, GlobalSecondaryIndex
from pynamodb.models import Model

REGION = "us-east-1"
CREDENTIAL = "UNUSED"


class Gsi1Index(GlobalSecondaryIndex):
    """The index of examples by category, orders by user, and articles by tag."""

    class Meta:
        index_name = "gsi1pk-gsi1sk-index"
        projection = AllProjection()

    gsi1pk = UnicodeAttribute(hash_key=True)
    gsi1sk = UnicodeAttribute(range_key=True)


class Gsi2Index(GlobalSecondaryIndex):
    """The index of all items of one class, sorted by time."""

    class Meta:
        index_name = "gsi2pk-gsi2sk-index"
        projection = AllProjection()

    gsi2pk = UnicodeAttribute(hash_key=True)
    gsi2sk = UnicodeAttribute(range_key=True)


class BaseModel(Model):
    """The base class of the items table. Reads through it return instances of the subclass that the discriminator names."""

    class Meta:
        region = REGION
        aws_access_key_id = CREDENTIAL
        aws_secret_access_key = CREDENTIAL

    pk = UnicodeAttribute(hash_key=True)
    sk = UnicodeAttribute(range_key=True)
    entity_type = DiscriminatorAttribute()
    gsi1pk = UnicodeAttribute(null=True)
    gsi1sk = UnicodeAttribute(null=True)
    gsi2pk = UnicodeAttribute(null=True)
    gsi2sk = UnicodeAttribute(null=True)
    gsi1_index = Gsi1Index()
    gsi2_index = Gsi2Index()


class ExampleModel(BaseModel, discriminator="ExampleModel"):
    """Keys: ``EXAMPLE#id`` twice; gsi1 ``CATEGORY#category`` / ``EXAMPLE#id``; gsi2 ``EXAMPLE`` / ``created_at``."""

    name = UnicodeAttribute()
    category = UnicodeAttribute()
    created_at = UnicodeAttribute()
    updated_at = UnicodeAttribute(null=True)

    @classmethod
    def build(
        cls, id: str, name: str, category: str, created_at: str, updated_at: Optional[str] = None
    ) -> "ExampleModel":
        """Returns an unsaved example."""
        key = f"EXAMPLE#{id}"
        return cls(
            key,
            key,
            gsi1pk=f"CATEGORY#{category}",
            gsi1sk=key,
            gsi2pk="EXAMPLE",
            gsi2sk=created_at,
            name=name,
            category=category,
            created_at=created_at,
            updated_at=updated_at,
        )


class UserModel(BaseModel, discriminator="UserModel"):
    """Keys: ``USER#user_id`` twice; not in gsi1; gsi2 ``USER`` / ``created_at``."""

    username = UnicodeAttribute()
    email = UnicodeAttribute()
    created_at = UnicodeAttribute()
    last_login = UTCDateTimeAttribute(null=True)

    @classmethod
    def build(
        cls, user_id: str, username: str, email: str, created_at: str, last_login: Optional[str] = None
    ) -> "UserModel":
        """Returns an unsaved user."""
        key = f"USER#{user_id}"
        return cls(
            key,
            key,
            gsi2pk="USER",
            gsi2sk=created_at,
            username=username,
            email=email,
            created_at=created_at,
            last_login=datetime.fromisoformat(last_login) if last_login else None,
        )


class OrderModel(BaseModel, discriminator="OrderModel"):
    """Keys: ``ORDER#order_id`` twice; gsi1 ``USER#user_id`` / ``ORDER#order_id``; gsi2 ``ORDER`` / ``created_at``."""

    user_id = UnicodeAttribute()
    total = UnicodeAttribute()
    created_at = UnicodeAttribute()

    @classmethod
    def build(cls, order_id: str, user_id: str, total: str, created_at: str) -> "OrderModel":
        """Returns an unsaved order."""
        key = f"ORDER#{order_id}"
        return cls(
            key,
            key,
            gsi1pk=f"USER#{user_id}",
            gsi1sk=key,
            gsi2pk="ORDER",
            gsi2sk=created_at,
            user_id=user_id,
            total=total,
            created_at=created_at,
        )


class ArticleTagModel(BaseModel, discriminator="ArticleTag"):
    """Keys: ``ARTICLE#article_id`` / ``TAG#tag_name``; in gsi1 the other way round; not in gsi2."""

    article_id = UnicodeAttribute()
    tag_name = UnicodeAttribute()

    @classmethod
    def build(cls, article_id: str, tag_name: str) -> "ArticleTagModel":
        """Returns an unsaved link between an article and a tag."""
        article, tag = f"ARTICLE#{article_id}", f"TAG#{tag_name}"
        return cls(article, tag, gsi1pk=tag, gsi1sk=article, article_id=article_id, tag_name=tag_name)


class CollectionBaseModel(Model):
    """The base class of a second table, in which orders are in the partition of their user. It has no indexes."""

    class Meta:
        region = REGION
        aws_access_key_id = CREDENTIAL
        aws_secret_access_key = CREDENTIAL

    pk = UnicodeAttribute(hash_key=True)
    sk = UnicodeAttribute(range_key=True)
    entity_type = DiscriminatorAttribute()


class CollectionOrderModel(CollectionBaseModel, discriminator="OrderModel"):
    """Keys: ``USER#user_id`` / ``ORDER#order_id``."""

    user_id = UnicodeAttribute()
    total = UnicodeAttribute()
    created_at = UnicodeAttribute()

    @classmethod
    def build(cls, order_id: str, user_id: str, total: str, created_at: str) -> "CollectionOrderModel":
        """Returns an unsaved order in its user's partition."""
        return cls(f"USER#{user_id}", f"ORDER#{order_id}", user_id=user_id, total=total, created_at=created_at)


def configure(endpoint: str, table: str, base: type[Model] = BaseModel) -> None:
    """Sets the endpoint and table of the models under ``base``. Call it before their first request."""
    base.Meta.host = endpoint
    base.Meta.table_name = table
